/**
 * The sections of the analyses that have come in so far. A section is made anew when its own records have changed, one at a
 * time, and after a section that took long the next making waits longer: however fast records stream in, this takes no more
 * than a fifth of the time.
 */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { ErrorReport } from "../core/errors.ts";
import { reportOf } from "../core/errors.ts";
import { ANALYSIS_GROUPS, type AnalysisGroup, journalOf, revisionOf } from "./analysis-groups.ts";
import { journalBlob } from "./journal-blob.ts";
import type { LiveResults } from "./live-results.ts";
import type { ReportMaker, ShownSection } from "./report-request.ts";
import type { RunControl } from "./run-control.ts";

/** Between two makings of a section, and how often the next is looked for. */
const LEAST_PAUSE_MS = 250;
const LOOK_MS = 100;
/** Making takes at most one part in so many and one. */
const REST = 4;

/** What is shown of a run's analyses, by group, and follows `run`. What goes wrong is told to `notify`, once a section. */
export function liveSections(
  run: Pick<RunControl, "results" | "version">,
  maker: ReportMaker,
  documentOf: (results: LiveResults) => string,
  notify: (report: ErrorReport) => void,
  pause: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): ReadonlySignal<readonly ShownSection[]> {
  const shown = signal<readonly ShownSection[]>([]);
  let results: LiveResults | null = null;
  let made = new Map<AnalysisGroup, readonly ShownSection[]>();
  let state = new Map<AnalysisGroup, { readonly revision: number; readonly restUntil: number }>();
  let working = false;

  const isStale = (group: AnalysisGroup) =>
    results?.baseline != null && revisionOf(results, group) > (state.get(group)?.revision ?? 0);

  const make = async (of: LiveResults, group: AnalysisGroup) => {
    const started = performance.now();
    const revision = revisionOf(of, group);
    let found: readonly ShownSection[] | null = null;
    try {
      const journal = await journalBlob(journalOf(of, group));
      found = await maker.sections({ journal, study: documentOf(of), status: null, report: null });
    } catch (thrown) {
      if (of === results) notify(reportOf(thrown));
    }
    if (of !== results) return;
    const tookMs = performance.now() - started;
    state.set(group, { revision, restUntil: performance.now() + Math.max(LEAST_PAUSE_MS, REST * tookMs) });
    if (found === null) return;
    made.set(group, found);
    shown.value = ANALYSIS_GROUPS.flatMap((each) => made.get(each) ?? []);
  };

  const work = async () => {
    working = true;
    for (;;) {
      const stale = ANALYSIS_GROUPS.filter(isStale);
      if (results === null || stale.length === 0) break;
      const due = stale.find((group) => performance.now() >= (state.get(group)?.restUntil ?? 0));
      await (due === undefined ? pause(LOOK_MS) : make(results, due));
    }
    working = false;
  };

  effect(() => {
    void run.version.value;
    if (run.results.value !== results) {
      results = run.results.value;
      made = new Map();
      state = new Map();
      shown.value = [];
    }
    if (!working && ANALYSIS_GROUPS.some(isStale)) void work();
  });
  return shown;
}
