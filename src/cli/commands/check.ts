/** `lesion check`: recomputes a sample of a study's ablations with independent implementations and compares. */
import type { CheckReport } from "../../../workers/protocol.ts";
import { LesionError } from "../../core/errors.ts";
import { type Command, type ExitCode, memoryBytes, SHARED_OPTIONS } from "../command.ts";
import { openEngine } from "../engine.ts";
import { pageRequest } from "../run-study.ts";
import type { Screen } from "../screen.ts";
import { readStudy } from "../study-files.ts";
import { grouped } from "../units-of-measure.ts";

const REFERENCES = ["float64", "tfjs-webgpu"] as const;

export const check: Command = {
  name: "check",
  takes: "STUDY.json",
  count: [1, 1],
  summary: "Compare a sample of a study with a float64 oracle and TensorFlow.js.",
  options: {
    ...SHARED_OPTIONS,
    samples: { type: "string", value: "N", help: "Samples to evaluate (512)." },
    ablations: { type: "string", value: "N", help: "Ablations to recompute (32)." },
    reference: { type: "string", value: "NAME", help: "float64 or tfjs-webgpu (both, one after the other)." },
  },
  run: async (args, screen) => {
    const size = {
      samples: args.integer("samples", 1, 1_000_000) ?? 512,
      ablations: args.integer("ablations", 1, 1_000_000) ?? 32,
    };
    const references = referencesOf(args.text("reference"));
    const memory = memoryBytes(args);
    const study = await readStudy(args.names[0]!);
    await using page = await openEngine(screen, args.text("browser"));
    const request = pageRequest(page, study, memory);
    let exitCode: ExitCode = 0;
    for (const reference of references) {
      screen.live(`comparing with ${reference}`);
      const report = await page.call("check", request, { ...size, reference });
      screen.endLive();
      if (args.flag("json")) screen.result(JSON.stringify(report));
      else printCheck(report, screen);
      if (!report.agrees) exitCode = 1;
    }
    return exitCode;
  },
};

/** The references asked for. Throws `usage` for one that there is not. */
function referencesOf(name: string | undefined): readonly (typeof REFERENCES)[number][] {
  if (name === undefined) return REFERENCES;
  const found = REFERENCES.filter((reference) => reference === name);
  if (found.length > 0) return found;
  throw new LesionError("usage", `there is no reference ${name}`, {
    where: "--reference",
    fix: `References are: ${REFERENCES.join(", ")}.`,
  });
}

function printCheck(report: CheckReport, screen: Screen): void {
  const verdict = report.agrees ? screen.paint("green", "agrees") : screen.paint("red", "disagrees");
  const { samples, ablations, logitError, countDifferences } = report;
  screen.result(
    `${report.reference}: ${verdict} on ${grouped(samples)} samples and ${grouped(ablations)} ablations of them`,
  );
  if (report.reduced !== undefined) screen.result(`  checked ${report.reduced}`);
  screen.result(
    logitError === 0
      ? "  logits  the same, bit for bit"
      : `  logits  differ by ${logitError.toExponential(1)} of their root mean square at most`,
  );
  const counts = countDifferences.length === 0 ? "all the same" : `${countDifferences.length} of ${ablations} differ`;
  screen.result(`  counts  ${ablations === 0 ? "none compared" : counts}`);
  for (const { row, lesion, reference, unexplained } of countDifferences) {
    const cause = unexplained === 0 ? "all within rounding" : `${unexplained} samples beyond rounding`;
    screen.result(`    ablation ${row}: Lesion ${lesion}, reference ${reference} (${cause})`);
  }
}
