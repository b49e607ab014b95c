/** `lesion merge`: makes one run of the shards of a study that ran apart. */
import { copyFile, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { BitRows } from "../../../workers/protocol.ts";
import { wordsFor } from "../../core/bitset.ts";
import { bitsOffset, bitsRowBytes, bitsWords } from "../../study/journal.ts";
import { awaitsAnalyses, mergeRuns } from "../../study/merge.ts";
import { parseStudyText } from "../../study/schema.ts";
import { usage } from "../arguments.ts";
import type { Command } from "../command.ts";
import { RunDirectory, readRun } from "../run-directory.ts";
import { readStudyText, type StudyOnDisk } from "../study-files.ts";
import { grouped } from "../units-of-measure.ts";

/** Rows of bits that are in memory at once. */
const ROWS_AT_ONCE = 1024;
/** Files that are the same in every shard. */
const IS_SHARED = /^(baseline-bits\.bin|(un)?trained(-\d+(-epoch-\d+)?)?\.[a-z.]+)$/;

export const merge: Command = {
  name: "merge",
  takes: "RUN...",
  count: [1, 10_000],
  summary: "Merge the shards of a study into one run.",
  options: { out: { type: "string", value: "DIR", help: "The folder for the merged run; new or empty." } },
  run: async (args, screen) => {
    const out = args.text("out");
    if (out === undefined) throw usage(merge, "`lesion merge` needs --out DIR, the folder for the merged run");
    const folders = args.names;
    const shards = await Promise.all(folders.map(async (name) => ({ name, records: (await readRun(name)).records })));
    const study = await readRunStudy(folders[0]!);
    const merged = mergeRuns(shards, study.study);
    await using directory = await RunDirectory.prepare(out, study, false);
    await directory.take({ kind: "records", records: merged.records, bits: null });
    const samples = merged.records.find((record) => record.type === "baseline")!.samples;
    for (const [place, folder] of folders.entries()) {
      for await (const bits of readBits(folder, merged.rows[place]!, samples)) {
        await directory.take({ kind: "records", records: [], bits });
      }
    }
    const kept = (await readdir(folders[0]!)).filter((name) => IS_SHARED.test(name) && !name.endsWith(".part"));
    for (const name of kept) await copyFile(join(folders[0]!, name), join(out, name));
    const total = merged.records.filter(({ type }) => type === "ablation").length;
    screen.result(`${grouped(total)} ablations of ${folders.length} runs are in ${out}`);
    if (merged.missing > 0)
      screen.log(`${grouped(merged.missing)} ablations are in none of them; \`lesion run --resume\` computes them`);
    else if (awaitsAnalyses(study.study))
      screen.log("what the study analyses takes all ablations; `lesion run --resume` computes it");
    return 0;
  },
};

/** The study of a run; the files it names need not be here any more. */
async function readRunStudy(folder: string): Promise<StudyOnDisk> {
  const path = join(folder, "study.json");
  const text = await readStudyText(path);
  return { text, study: parseStudyText(text, path), files: new Map() };
}

/** The correctness bits of some rows of a run, in pieces. */
async function* readBits(folder: string, rows: readonly number[], samples: number): AsyncGenerator<BitRows> {
  await using file = await open(join(folder, "bits.bin"));
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const some = rows.slice(start, start + ROWS_AT_ONCE);
    const rowBytes = bitsRowBytes(samples);
    const bytes = new Uint8Array(some.length * rowBytes);
    for (const [place, row] of some.entries()) {
      await file.read(bytes, place * rowBytes, rowBytes, bitsOffset(row, samples));
    }
    yield { rows: some, wordsPerRow: wordsFor(samples), words: bitsWords(bytes) };
  }
}
