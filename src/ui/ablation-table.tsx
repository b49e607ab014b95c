/**
 * Every ablation as a row. Only the rows in sight are in the page, so a sweep of 100,000 scrolls like one of 20. Sorting
 * by a header, moving with the arrow keys, selecting with a click, Enter or space.
 */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { canonicalJson } from "../core/hash.ts";
import type { Study } from "../study/study.ts";
import { count } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import type { LiveResults } from "./live-results.ts";
import { orderOf } from "./order.ts";
import { COLUMNS, type Column } from "./table-columns.ts";

const ROW_HEIGHT = 28;
const SHOWN_HEIGHT = 460;
const SPARE_ROWS = 6;
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 };

const NOOP_TITLES = {
  exact: "Exact no-op: the units were at their replacement already",
  unmeasured: "No measured effect: the network changed, but nothing that was measured did",
} as const;

export function AblationTable({ lab, results }: { lab: Lab; results: LiveResults }) {
  const scroller = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const measured = useComputed(() => {
    void lab.run.version.value;
    return lab.run.results.value?.ablations.length ?? 0;
  });
  const order = useComputed(() => {
    // Sorted anew when rows have come, not whenever a run has something else to say.
    void measured.value;
    return sorted(lab.run.results.value ?? results, lab.sort.value);
  });
  const positions = order.value;
  const selected = lab.selected.value;
  const first = Math.max(0, Math.floor(top.value / ROW_HEIGHT) - SPARE_ROWS);
  const shown = positions.subarray(first, first + Math.ceil(SHOWN_HEIGHT / ROW_HEIGHT) + 2 * SPARE_ROWS);
  const tellsReplacements = hasReplacements(results.study);
  const rowAt = (place: number) => results.ablations[positions[place]!]!.row;

  const move = (step: number) => {
    const position = selected === null ? undefined : results.positionOf.get(selected);
    const from = position === undefined ? -1 : positions.indexOf(position);
    const place = Math.max(0, Math.min(positions.length - 1, from + step));
    if (positions.length === 0) return;
    lab.select(rowAt(place));
    reveal(scroller.current!, place);
  };
  useEffect(() => {
    const position = selected === null ? undefined : results.positionOf.get(selected);
    if (position !== undefined && !scroller.current!.contains(document.activeElement)) {
      reveal(scroller.current!, positions.indexOf(position));
    }
  }, [selected]);

  return (
    <section class="card table-card" aria-labelledby="ablations-title">
      <header>
        <h2 id="ablations-title">Ablations</h2>
        <span class="quiet">{count(positions.length)} rows</span>
      </header>
      <div
        class="table-scroll"
        ref={scroller}
        style={{ maxHeight: `${SHOWN_HEIGHT}px` }}
        onScroll={(event) => {
          top.value = event.currentTarget.scrollTop;
        }}
      >
        <table
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose rows are selected is a grid (WAI-ARIA 1.2)
          role="grid"
          tabIndex={0}
          aria-label="Ablations: arrow keys move the selection, Escape clears it"
          aria-rowcount={positions.length + 1}
          aria-activedescendant={selected === null ? undefined : `row-${selected}`}
          onKeyDown={(event) => {
            const step = STEPS[event.key];
            if (event.key === "Escape") lab.select(null);
            else if (event.target !== event.currentTarget || step === undefined) return;
            else move(step);
            event.preventDefault();
          }}
        >
          <thead>
            <tr aria-rowindex={1}>
              {COLUMNS.map((column) => (
                <Heading key={column.id} lab={lab} column={column} />
              ))}
            </tr>
          </thead>
          <tbody>
            <Spacer rows={first} />
            {Array.from(shown, (position, index) => {
              const record = results.ablations[position]!;
              const summary = results.summaries[position]!;
              return (
                <tr
                  key={record.row}
                  id={`row-${record.row}`}
                  aria-rowindex={first + index + 2}
                  aria-selected={record.row === selected}
                  class={summary.noop === null ? "row" : "row noop"}
                  title={summary.noop === null ? undefined : NOOP_TITLES[summary.noop]}
                  onClick={() => lab.select(record.row === selected ? null : record.row)}
                >
                  {COLUMNS.map((column) => (
                    <td key={column.id} class={column.numeric ? "number" : "name"}>
                      {column.text(record, summary)}
                      {column.id === "unit" && tellsReplacements && <span class="quiet">, {summary.replacement}</span>}
                    </td>
                  ))}
                </tr>
              );
            })}
            <Spacer rows={positions.length - first - shown.length} />
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Heading({ lab, column }: { lab: Lab; column: Column }) {
  const { column: by, descending } = lab.sort.value;
  const here = by === column.id;
  return (
    <th
      scope="col"
      class={column.numeric ? "number" : "name"}
      aria-sort={here ? (descending ? "descending" : "ascending") : "none"}
    >
      <button type="button" title={column.about} onClick={() => lab.sortBy(column.id)}>
        {column.title}
        <span aria-hidden="true" class="sort-mark">
          {here ? (descending ? "\u2193" : "\u2191") : ""}
        </span>
      </button>
    </th>
  );
}

/** Whether rows differ in what takes the units' place. */
function hasReplacements({ sweeps, replacement }: Study): boolean {
  const kinds = sweeps.flatMap((sweep) => sweep.replacements ?? [sweep.replacement ?? replacement]);
  return new Set(kinds.map(canonicalJson)).size > 1;
}

/** The room of rows that are not in sight. */
function Spacer({ rows }: { rows: number }) {
  if (rows <= 0) return null;
  return (
    <tr class="spacer">
      <td colSpan={COLUMNS.length} style={{ height: `${rows * ROW_HEIGHT}px` }} />
    </tr>
  );
}

/** Positions of the ablations in the order of a column. */
export function sorted(
  results: Pick<LiveResults, "ablations" | "summaries">,
  sort: { readonly column: string; readonly descending: boolean },
): Uint32Array {
  const column = COLUMNS.find(({ id }) => id === sort.column) ?? COLUMNS[0]!;
  const keys = new Float32Array(results.ablations.length);
  for (let i = 0; i < keys.length; i++) keys[i] = column.key(results.ablations[i]!, results.summaries[i]!);
  return orderOf(keys, sort.descending);
}

function reveal(scroller: HTMLElement, place: number): void {
  const above = place * ROW_HEIGHT;
  const room = scroller.clientHeight - 2 * ROW_HEIGHT;
  if (above < scroller.scrollTop) scroller.scrollTop = above;
  else if (above > scroller.scrollTop + room) scroller.scrollTop = above - room;
}
