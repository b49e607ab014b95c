/**
 * One layer's units: how much accuracy falls without each (bars, with the Wilson interval), and which classes pay for it
 * (map). The two share their columns. Pointer and arrow keys move a cursor; a click or Enter selects the unit everywhere.
 */
import { useState } from "preact/hooks";
import { classDropsPp } from "../study/summary.ts";
import { Canvas, useWidth } from "./canvas.tsx";
import { ChartCursor, isChoice } from "./chart-cursor.tsx";
import { count, percent, signed } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import { paintPanel } from "./layer-panel-drawing.ts";
import { Legend } from "./legend.tsx";
import type { LiveResults, Panel } from "./live-results.ts";
import { cellAt, panelLayout } from "./panel-layout.ts";

interface Cursor {
  readonly unit: number;
  readonly class: number | null;
}

export function LayerPanel({ lab, results, panel }: { lab: Lab; results: LiveResults; panel: Panel }) {
  void lab.run.version.value;
  const [element, available] = useWidth<HTMLDivElement>();
  const [hovered, setHovered] = useState<Cursor | null>(null);
  const [keyed, setKeyed] = useState<Cursor | null>(null);
  const classNames = results.run!.classNames;
  const { layer, positions } = panel;
  const layout = panelLayout({
    available,
    units: layer.units,
    classes: classNames.length,
    longestName: Math.max(...classNames.map((name) => name.length)),
  });
  const selected = selectedUnits(lab, results, layer.layerIndex);
  const cursor = hovered ?? keyed ?? (selected.length === 1 ? { unit: selected[0]!, class: null } : null);
  const readout = readoutOf(results, panel, cursor);
  const pick = (unit: number) => {
    const record = results.ablations[positions[unit]!];
    if (record !== undefined) lab.select(lab.selected.value === record.row ? null : record.row);
  };
  const measured = positions.reduce((total, position) => total + (position >= 0 ? 1 : 0), 0);
  const title = `Without each unit of ${layer.layer}${replacedBy(results, panel)}`;
  return (
    <figure class="chart" ref={element as never} style={{ "--natural": `${86 + 36 * layer.units}px` }}>
      <figcaption>
        <h3>{title}</h3>
        <span class="quiet">
          {count(measured)} of {count(layer.units)} units, n = {count(results.baseline!.samples)}
        </span>
      </figcaption>
      <p class="readout">{readout}</p>
      <div class="scroll-x chart-body">
        <ChartCursor
          places={layer.units}
          at={cursor?.unit ?? 0}
          label={`${title}: left and right choose a unit, up and down a class, Enter selects`}
          text={readout}
          move={(unit) => setKeyed({ unit, class: keyed?.class ?? null })}
          enter={() => setKeyed(cursor ?? { unit: 0, class: null })}
          leave={() => setKeyed(null)}
          press={(key) => {
            const from = keyed ?? { unit: 0, class: null };
            if (isChoice(key)) pick(from.unit);
            else if (key === "ArrowDown" || key === "ArrowUp") {
              setKeyed({ ...from, class: stepped(from.class, key === "ArrowDown" ? 1 : -1, classNames.length) });
            } else return false;
            return true;
          }}
        />
        {available > 0 && (
          <Canvas
            width={layout.width}
            height={layout.height}
            paint={(context, theme) => paintPanel(context, theme, { results, panel, layout, selected, cursor })}
            onPoint={(point) => {
              const cell = point && cellAt(layout, point);
              setHovered(cell === null || cell.unit === null ? null : { unit: cell.unit, class: cell.class });
            }}
            onPick={(point) => {
              const { unit } = cellAt(layout, point);
              if (unit !== null) pick(unit);
            }}
          />
        )}
      </div>
      <Legend
        limit={panel.extent.classDrop}
        what="bars: drop of accuracy, pp, with its 95 % interval; map: drop of each class's recall, pp"
      />
    </figure>
  );
}

/** What takes the units' place, where the sweep has several replacements: ", mean". */
export function replacedBy({ study }: LiveResults, { sweep, replacement }: Panel): string {
  return (study.sweeps[sweep]?.replacements ?? []).length > 1 ? `, ${replacement}` : "";
}

/** The units of a layer that the selected ablation switches off. */
export function selectedUnits(lab: Lab, results: LiveResults, layerIndex: number): readonly number[] {
  const row = lab.selected.value;
  const position = row === null ? undefined : results.positionOf.get(row);
  const record = position === undefined ? undefined : results.ablations[position];
  return record?.sites.filter((site) => site.layerIndex === layerIndex).flatMap(({ units }) => units) ?? [];
}

function stepped(from: number | null, step: number, count: number): number | null {
  const next = (from ?? -1) + step;
  return next < 0 ? null : Math.min(count - 1, next);
}

function readoutOf(results: LiveResults, panel: Panel, cursor: Cursor | null): string {
  const baseline = results.baseline!;
  const base = `baseline ${percent(baseline.correct / baseline.samples)} %`;
  if (cursor === null) return base;
  const position = panel.positions[cursor.unit]!;
  const record = results.ablations[position];
  const summary = results.summaries[position];
  if (record === undefined || summary === undefined) return `unit ${cursor.unit}: not measured yet; ${base}`;
  if (cursor.class !== null) {
    const name = results.run!.classNames[cursor.class];
    const [now, before] = [record.classCorrect[cursor.class]!, baseline.classCorrect[cursor.class]!];
    const drop = classDropsPp(record, baseline)[cursor.class]!;
    return (
      `unit ${cursor.unit}, class ${name}: ${count(now)} right, ${count(before)} with the unit, ` +
      `of ${count(baseline.classSamples[cursor.class]!)}; drop ${signed(drop)} pp`
    );
  }
  const { low, high } = summary.interval;
  const noop = summary.noop === null ? "" : summary.noop === "exact" ? "; exact no-op" : "; no measured effect";
  return (
    `unit ${cursor.unit}: ${percent(summary.accuracy)} % [${percent(low)}, ${percent(high)}], ` +
    `n = ${count(record.samples)}, drop ${signed(summary.dropPp)} pp${noop}; ${base}`
  );
}
