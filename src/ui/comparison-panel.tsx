/**
 * The selected ablation damaged, recovered in each arm, and beside the control: overall in a table, class by class as bars.
 * Where none is selected, the one that lost most.
 */
import { useState } from "preact/hooks";
import { ArmKey, IntactKey, PatchKey } from "./arm-key.tsx";
import type { Arm } from "./arms.ts";
import { Canvas, useWidth } from "./canvas.tsx";
import { ChartCursor } from "./chart-cursor.tsx";
import { count, percent } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import type { LiveResults } from "./live-results.ts";
import { type ComparedState, classesShown, comparedStates } from "./recovery-comparison.ts";
import { COMPARISON_HEIGHT, classAt, paintComparison } from "./recovery-comparison-drawing.ts";
import { NOT_YET, nameOf, shareText } from "./recovery-text.ts";

/** Classes beyond this many do not fit as groups of bars. */
const MOST_CLASSES = 16;
const LEAST_GROUP = 26;

export function ComparisonPanel(props: { lab: Lab; results: LiveResults; arms: readonly Arm[] }) {
  const { lab, results, arms } = props;
  void lab.run.version.value;
  const [plot, width] = useWidth<HTMLDivElement>();
  const [hovered, setHovered] = useState<number | null>(null);
  const [keyed, setKeyed] = useState<number | null>(null);
  const selected = lab.selected.value;
  const known = selected !== null && results.positionOf.has(selected);
  const row = known ? selected : (results.recovery.mostDamaged?.row ?? null);
  const states = comparedStates(results, row);
  const classNames = results.run?.classNames ?? [];
  const classes = classesShown(states, Math.min(MOST_CLASSES, Math.max(4, Math.floor(width / LEAST_GROUP) || 4)));
  const cursor = hovered ?? (keyed === null ? null : Math.min(keyed, classes.length - 1));
  const readout = readoutOf(states, classes, classNames, cursor);
  return (
    <figure class="chart" style={{ "--natural": "640px" }}>
      <figcaption>
        <h3>{row === null ? "Damaged and recovered" : `Damaged and recovered: ${nameOf(results, row)}`}</h3>
        <span class="quiet">{row === null ? "" : known ? "selected" : "lost most; select another in any chart"}</span>
      </figcaption>
      <div class="comparison">
        <States states={states} arms={arms} />
        <div>
          <p class="readout">{readout}</p>
          <div class="chart-body">
            <ChartCursor
              places={classes.length}
              at={cursor ?? 0}
              label="Recall by class: left and right choose a class"
              text={readout}
              move={setKeyed}
              enter={() => setKeyed(cursor ?? 0)}
              leave={() => setKeyed(null)}
            />
            <div ref={plot} style={{ height: `${COMPARISON_HEIGHT}px` }}>
              {width > 0 && (
                <Canvas
                  width={width}
                  height={COMPARISON_HEIGHT}
                  paint={(context, theme) =>
                    paintComparison(context, theme, { width, states, classes, classNames, cursor })
                  }
                  onPoint={(point) => setHovered(point && classAt(width, classes.length, point.x))}
                />
              )}
            </div>
          </div>
        </div>
      </div>
    </figure>
  );
}

function States({ states, arms }: { states: readonly ComparedState[]; arms: readonly Arm[] }) {
  const samples = states[0]?.samples;
  return (
    <table class="figures">
      <caption>
        Accuracy with its 95 % Wilson interval{samples === undefined ? "" : `, n = ${count(samples)}`}; epochs until
        half and nine tenths of the loss were back
      </caption>
      <thead>
        <tr>
          <th scope="col" class="name">
            Network
          </th>
          <th scope="col">Right, %</th>
          <th scope="col">Regained</th>
          <th scope="col">{"50\u00a0/\u00a090\u00a0%"}</th>
        </tr>
      </thead>
      <tbody>
        {(["intact", "damaged", ...arms] as const).map((kind) => {
          const state = states.find((each) => each.kind === kind);
          return (
            <tr key={kind}>
              <th scope="row" class="name">
                {kind === "intact" ? (
                  <IntactKey />
                ) : kind === "damaged" ? (
                  <PatchKey title="damaged" colour="worse" />
                ) : (
                  <ArmKey arm={kind} />
                )}
              </th>
              <td>
                {state === undefined ? (
                  "\u2013"
                ) : (
                  <>
                    {percent(state.accuracy)}{" "}
                    <span class="quiet">{`[${percent(state.interval.low)}, ${percent(state.interval.high)}]`}</span>
                  </>
                )}
              </td>
              <td>{state?.diverged ? "diverged" : shareText(state?.fractionRegained ?? null)}</td>
              <td>{epochsText(state)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function epochsText(state: ComparedState | undefined): string {
  if (state === undefined || state.kind === "intact" || state.kind === "damaged" || state.kind === "control") {
    return "\u2013";
  }
  return `${state.epochsTo50 ?? "\u2013"} / ${state.epochsTo90 ?? "\u2013"}`;
}

function readoutOf(
  states: readonly ComparedState[],
  classes: readonly number[],
  classNames: readonly string[],
  cursor: number | null,
): string {
  const all = states[0]?.recalls.length ?? 0;
  const index = cursor === null ? undefined : classes[cursor];
  if (index === undefined) {
    if (states.length === 0) return NOT_YET;
    return classes.length < all
      ? `recall of the ${classes.length} of ${count(all)} classes that lost most; the line is the intact network`
      : "recall by class; the line is the intact network";
  }
  const parts = states.map(({ kind, recalls }) => {
    const recall = recalls[index];
    return `${NAMES[kind]} ${recall === null || recall === undefined ? "\u2013" : (100 * recall).toFixed(1)}`;
  });
  return `class ${classNames[index] ?? index}, recall in %: ${parts.join(", ")}`;
}

const NAMES: Readonly<Record<ComparedState["kind"], string>> = {
  intact: "intact",
  damaged: "damaged",
  all: "all layers",
  after: "after the damage",
  layer: "damaged layers",
  control: "control",
};
