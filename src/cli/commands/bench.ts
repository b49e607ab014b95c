/** `lesion bench`: runs the benchmarks in the browser, beside their peers, and prints or writes what they measured. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Arguments } from "../arguments.ts";
import { type Command, SHARED_OPTIONS } from "../command.ts";
import { openEngine } from "../engine.ts";
import { shared } from "../headless-page.ts";
import { findModel } from "../model-files.ts";
import { textReporter } from "../reporter.ts";
import { pageRequest } from "../run-study.ts";
import { readStudy } from "../study-files.ts";

/** Those that run where none is named. */
const USUAL = ["sweep", "train"];
const ALL = [...USUAL, "recover", "kernels", "conv", "vgg", "tsne"];

export const bench: Command = {
  name: "bench",
  takes: "[NAME...]",
  count: [0, 16],
  summary: `Measure Lesion against its peers (${ALL.join(", ")}).`,
  options: {
    ...SHARED_OPTIONS,
    out: { type: "string", value: "FILE", help: "Write the measurements there, not into runs/." },
    runs: { type: "string", value: "N", help: "How often each is measured." },
    study: { type: "string", value: "STUDY.json", help: "Use this study's network and data, not the embedded ones." },
    tune: { type: "boolean", help: "Measure kernel variants first, and use the best." },
    model: { type: "string", value: "MODEL", help: "vgg: use this model's weights, not seeded ones." },
    batch: { type: "string", value: "N", help: "conv, vgg: images at once, not 1." },
    side: { type: "string", value: "PIXELS", help: "conv, vgg: size of the images, a multiple of 32, not 224." },
    samples: { type: "string", value: "N", help: "train, recover: training samples of an epoch, not 60,000." },
    shapes: { type: "string", value: "TEXT", help: "conv: only convolutions with this in their names." },
  },
  run: async (args, screen) => {
    const modelPath = args.text("model");
    const model = modelPath === undefined ? null : await findModel(modelPath);
    const reporter = textReporter(screen);
    const measures = measuresOf(args);
    await using page = await openEngine(screen, args.text("browser"), (event) => reporter.event(event));
    const path = args.text("study");
    const options = {
      ...measures,
      ...(path === undefined ? {} : pageRequest(page, await readStudy(path))),
      ...(model === null ? {} : { model: { name: model.name, files: shared(page, model.files) } }),
    };
    const results: Record<string, unknown> = {};
    for (const name of args.names.length === 0 ? USUAL : args.names) {
      screen.live(`measuring ${name}`);
      const result = await page.call("bench", name, options);
      results[name] = result;
      const lines = args.flag("json") ? null : linesOf(result);
      for (const line of lines ?? [JSON.stringify(result, null, args.flag("json") ? 0 : 2)]) screen.result(line);
    }
    const out =
      args.text("out") ?? join("runs", `bench-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.json`);
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, `${JSON.stringify(results, null, 2)}\n`);
    screen.log(`measurements are in ${out}`);
    return 0;
  },
};

/** What is measured, and how often; what is not given is not there. */
function measuresOf(args: Arguments): Readonly<Record<string, unknown>> {
  const given = {
    runs: args.integer("runs", 1, 1000),
    images: args.integer("batch", 1, 1024),
    side: args.integer("side", 32, 2048),
    samples: args.integer("samples", 1, 60_000),
    shapes: args.text("shapes"),
  };
  return {
    tune: args.flag("tune"),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

/** A benchmark's own summary, where it brings one as `lines`. */
function linesOf(result: unknown): readonly string[] | null {
  const lines: unknown = typeof result === "object" && result !== null ? Reflect.get(result, "lines") : null;
  return Array.isArray(lines) ? lines.map(String) : null;
}
