/** `lesion reproduce`: the studies that come with Lesion, on the data at hand, each with its report beside published values. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { LesionError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { reportHtml } from "../../report/html.ts";
import { comparePublished } from "../../study/published-values.ts";
import { resultsOf } from "../../study/results.ts";
import { type Arguments, usage } from "../arguments.ts";
import { type Command, type ExitCode, SHARED_OPTIONS } from "../command.ts";
import { STUDIES_FOLDER } from "../project-root.ts";
import { reportLines } from "../report-text.ts";
import { runReport } from "../run-report.ts";
import type { Screen } from "../screen.ts";
import { readStudyText, type StudyOnDisk, studyFromText } from "../study-files.ts";
import { runInto } from "./run.ts";

/** Studies that a processor does in minutes; the others want a GPU. */
const FOR_PROCESSORS = [
  "meyes-mlp",
  "meyes-mlp-binarised",
  "meyes-replacements",
  "meyes-training",
  "morcos-curves",
  "predictor-league",
  "bau-keep-only",
  "similar-filters",
] as const;
const FOR_GPUS = ["meyes-ensemble", "meyes-vgg19", "mlp-recovery", "cifar10-vgg"] as const;
const ALL: readonly string[] = [...FOR_PROCESSORS, ...FOR_GPUS];

export const reproduce: Command = {
  name: "reproduce",
  takes: "[STUDY ...]",
  count: [0, ALL.length],
  summary: "Run the studies that come with Lesion, and say what was found next to what was published.",
  options: {
    browser: SHARED_OPTIONS.browser,
    memory: SHARED_OPTIONS.memory,
    data: { type: "string", value: "DIR", help: 'A folder called "data", with mnist, models, cifar10 in it (data).' },
    out: { type: "string", value: "DIR", help: "Where runs and reports go (runs/reproduce); what is there goes on." },
    gpu: { type: "boolean", help: `Those that want a GPU too: ${FOR_GPUS.join(", ")}.` },
  },
  run: async (args, screen) => {
    const names = args.names.length > 0 ? args.names : args.flag("gpu") ? ALL : FOR_PROCESSORS;
    for (const name of names) assertKnown(name);
    const out = args.text("out") ?? join("runs", "reproduce");
    const codes: ExitCode[] = [];
    for (const name of names) {
      const study = await studyOf(name, args.text("data"), screen);
      if (study === null) continue;
      const code = await reproduceOne(study, name, join(out, name), args, screen);
      if (code === 130) return code;
      codes.push(code);
    }
    if (codes.length === 0) throw nothingRan(args.text("data"));
    screen.log(`${codes.length} of ${names.length} studies ran; reports are in ${out}`);
    return codes.find((code) => code !== 0) ?? 0;
  },
};

async function reproduceOne(
  study: StudyOnDisk,
  name: string,
  folder: string,
  args: Arguments,
  screen: Screen,
): Promise<ExitCode> {
  screen.log(`${name}:`);
  const { end, records } = await runInto(study, folder, args, screen, existsSync(folder));
  if (end.state === "cancelled") {
    screen.log(`interrupted; results so far are in ${folder}; the same command goes on`);
    return 130;
  }
  const report = await runReport(folder, false);
  for (const line of ["", ...reportLines(report, screen.width), ""]) screen.result(line);
  const html = join(folder, "report.html");
  await writeFile(html, reportHtml(report));
  screen.log(`the report with figures: ${html}`);
  const compared = comparePublished(resultsOf(records, folder), study.study.report?.published ?? []);
  const astray = compared.filter(({ verdict }) => verdict !== "agrees");
  for (const { what, value, found, verdict } of astray) {
    screen.log(
      `${screen.paint("red", verdict, "stderr")} ${what}: published ${value}, found ${found?.value ?? "nothing"}`,
    );
  }
  if (end.state === "failed") return 1;
  return astray.length > 0 ? 4 : 0;
}

/** A study on the data at hand; null, with the reason said, where its data are not there. */
async function studyOf(name: string, data: string | undefined, screen: Screen): Promise<StudyOnDisk | null> {
  const file = `${name}.json`;
  const text = await readStudyText(join(STUDIES_FOLDER, file));
  try {
    // Studies name their data as "../data/...": the same from any folder beside one called data.
    return await studyFromText(text, data === undefined ? join(STUDIES_FOLDER, file) : join(beside(data), file));
  } catch (thrown) {
    if (!(thrown instanceof LesionError && thrown.code === "not-found")) throw thrown;
    screen.log(`${name} is left out: ${thrown.message}`);
    return null;
  }
}

function beside(data: string): string {
  const folder = resolve(data);
  if (basename(folder) === "data") return join(folder, "..", "studies");
  throw usage(reproduce, `--data wants a folder called "data", but was given "${data}"`, "Rename it, or link to it.");
}

function assertKnown(name: string): void {
  if (ALL.includes(name)) return;
  const meant = nearest(name, ALL);
  throw usage(
    reproduce,
    `there is no study "${name}" among ${ALL.join(", ")}`,
    meant === null ? undefined : `Did you mean ${meant}?`,
  );
}

function nothingRan(data: string | undefined): LesionError {
  return new LesionError("not-found", "no study ran: their data are not here", {
    where: data ?? "data",
    fix: "Put mnist, cifar10 and models into a folder called data, and name it: npm run reproduce -- --data DIR. studies/README.md says where they come from.",
  });
}
