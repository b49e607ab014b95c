/** Takes the results away: tables for people and programs, the journal, a report, the networks the run has trained. */
import { useState } from "preact/hooks";
import { reportOf } from "../core/errors.ts";
import { exportCsv } from "../study/export-csv.ts";
import { exportJson } from "../study/export-json.ts";
import { recordLine } from "../study/journal.ts";
import type { LesionRecord } from "../study/records.ts";
import { resultsOf } from "../study/results.ts";
import { count } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import type { LiveResults } from "./live-results.ts";
import { collected, save } from "./save.ts";

export function ExportBar({ lab, results }: { lab: Lab; results: LiveResults }) {
  void lab.run.version.value;
  const name = results.run?.name ?? "run";
  const [writing, setWriting] = useState(false);
  const measured = results.baseline !== null;
  const text = async (file: string, type: string, pieces: () => Iterable<string>) => {
    try {
      save(file, await collected(pieces()), type);
    } catch (thrown) {
      lab.notify(reportOf(thrown));
    }
  };
  const report = async () => {
    setWriting(true);
    try {
      save(`${name}.html`, [await lab.reportHtml()], "text/html");
    } catch (thrown) {
      lab.notify(reportOf(thrown));
    }
    setWriting(false);
  };
  const sorted = () => resultsOf(results.journal);
  return (
    <div class="export-bar">
      <span class="quiet">Save</span>
      <button
        type="button"
        disabled={!measured}
        onClick={() => text(`${name}.csv`, "text/csv", () => exportCsv(sorted()))}
      >
        CSV
      </button>
      <button
        type="button"
        disabled={!measured}
        onClick={() => text(`${name}.json`, "application/json", () => exportJson(sorted()))}
      >
        JSON
      </button>
      <button
        type="button"
        onClick={() => text(`${name}.ndjson`, "application/x-ndjson", () => lines(results.journal))}
      >
        Journal
      </button>
      <button type="button" disabled={!measured || writing} onClick={() => void report()}>
        Report (HTML)
      </button>
      <Networks files={lab.run.artifacts.value} />
    </div>
  );
}

/** More files than this are chosen from a list. */
const MOST_BUTTONS = 4;

function Networks({ files }: { files: ReadonlyMap<string, Uint8Array> }) {
  const keep = (file: string) => {
    const bytes = files.get(file);
    if (bytes !== undefined) save(file, [bytes.slice()], "application/octet-stream");
  };
  const names = [...files.keys()];
  if (names.length <= MOST_BUTTONS) {
    return names.map((file) => (
      <button key={file} type="button" onClick={() => keep(file)}>
        {file}
      </button>
    ));
  }
  return (
    <select
      aria-label="Save a network"
      value=""
      onChange={(event) => {
        keep(event.currentTarget.value);
        event.currentTarget.value = "";
      }}
    >
      <option value="">{count(names.length)} files of networks</option>
      {names.map((file) => (
        <option key={file} value={file}>
          {file}
        </option>
      ))}
    </select>
  );
}

function* lines(records: readonly LesionRecord[]): Generator<string> {
  for (const record of records) yield recordLine(record);
}
