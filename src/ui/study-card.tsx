/** What to switch off, what to put in its place, and what to measure. */
import type { ErrorReport } from "../core/errors.ts";
import type { Measure, Replacement } from "../study/study.ts";
import { AnalysesChoice } from "./analysis-choice.tsx";
import { NumberField } from "./field.tsx";
import { count } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import { RecoverChoice } from "./recover-choice.tsx";
import { useEdit } from "./refusal.ts";
import { StudyEditor } from "./study-editor.tsx";
import { recoveredAfter, type SweepChoice, toggled } from "./sweep-choices.ts";

const REPLACEMENTS: Readonly<Record<Replacement["kind"], { title: string; initial: Replacement }>> = {
  zero: { title: "zero", initial: { kind: "zero" } },
  mean: { title: "the unit's mean", initial: { kind: "mean" } },
  "class-mean": { title: "its mean for the class", initial: { kind: "class-mean" } },
  resample: { title: "another sample's", initial: { kind: "resample" } },
  optimal: { title: "the constant that costs least", initial: { kind: "optimal" } },
  constant: { title: "a constant", initial: { kind: "constant", value: 0.5 } },
  scale: { title: "itself, scaled", initial: { kind: "scale", factor: 0.5 } },
  noise: { title: "itself plus noise", initial: { kind: "noise", sigma: 1 } },
};

const MEASURES: Readonly<Record<Measure, string>> = {
  accuracy: "accuracy",
  top5: "top-5",
  loss: "loss",
  status: "lost and gained",
};

export function StudyCard({ lab }: { lab: Lab }) {
  const study = lab.study.value;
  return (
    <section class="card" aria-labelledby="study-title">
      <header>
        <h2 id="study-title">Study</h2>
      </header>
      <Sweeps lab={lab} />
      <ReplacementField lab={lab} replacement={study.replacement} />
      <fieldset>
        <legend>Measure</legend>
        <div class="choices">
          {(Object.keys(MEASURES) as Measure[]).map((measure) => (
            <label key={measure} class="choice">
              <input
                type="checkbox"
                checked={study.measure.includes(measure)}
                disabled={measure === "accuracy"}
                onChange={(event) => {
                  const { checked } = event.currentTarget;
                  lab.editStudy((study) => ({
                    ...study,
                    measure: (Object.keys(MEASURES) as Measure[]).filter((other) =>
                      other === measure ? checked : study.measure.includes(other),
                    ),
                  }));
                }}
              />
              {MEASURES[measure]}
            </label>
          ))}
        </div>
      </fieldset>
      <AnalysesChoice lab={lab} />
      <RecoverChoice lab={lab} />
      <div class="fields">
        <NumberField label="Seed" value={study.seed} apply={(seed) => lab.editStudy((study) => ({ ...study, seed }))} />
      </div>
      <StudyEditor lab={lab} />
    </section>
  );
}

function Sweeps({ lab }: { lab: Lab }) {
  const choices = lab.sweeps.value;
  const more = choices.filter(({ isMore }) => isMore);
  const chosen = more.filter((choice) => choice.chosen).length;
  const total = choices.reduce((sum, choice) => sum + (choice.chosen ? (choice.count ?? 0) : 0), 0);
  return (
    <fieldset>
      <legend>
        Ablate <span class="quiet">{total > 0 && `${count(total)} ablations`}</span>
      </legend>
      <SweepList lab={lab} choices={choices.filter(({ isMore }) => !isMore)} />
      {more.length > 0 && (
        <details class="more" open={chosen > 0 ? true : undefined}>
          <summary>More sweeps</summary>
          <SweepList lab={lab} choices={more} />
        </details>
      )}
    </fieldset>
  );
}

function SweepList({ lab, choices }: { lab: Lab; choices: readonly SweepChoice[] }) {
  return (
    <ul class="sweeps">
      {choices.map((choice) => (
        <li key={choice.key}>
          <label class="choice">
            <input
              type="checkbox"
              checked={choice.chosen}
              onChange={() =>
                lab.editStudy((study) => {
                  const sweeps = toggled(lab.sweeps.value, choice.key);
                  return { ...study, sweeps, recover: recoveredAfter(study, sweeps) };
                })
              }
            />
            <span>{choice.title}</span>
            <span class="count quiet">{choice.count === null ? "" : count(choice.count)}</span>
          </label>
          {choice.problem !== null && choice.chosen && <p class="problem">{choice.problem}</p>}
        </li>
      ))}
    </ul>
  );
}

function ReplacementField({ lab, replacement }: { lab: Lab; replacement: Replacement }) {
  const [problem, edit] = useEdit(lab);
  const set = (replacement: Replacement) => edit((study) => ({ ...study, replacement }));
  return (
    <div class="fields">
      <div class="field">
        <label for="replacement">Replace by</label>
        <select
          id="replacement"
          value={replacement.kind}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? undefined : "replacement-problem"}
          onChange={(event) => {
            const refused = set(REPLACEMENTS[event.currentTarget.value as Replacement["kind"]].initial);
            if (refused !== null) event.currentTarget.value = replacement.kind;
          }}
        >
          {Object.entries(REPLACEMENTS).map(([kind, { title }]) => (
            <option key={kind} value={kind}>
              {title}
            </option>
          ))}
        </select>
      </div>
      <Amount replacement={replacement} set={set} />
      {problem !== null && (
        <p class="problem whole-row" id="replacement-problem" role="alert">
          {problem.message}. {problem.fix}
        </p>
      )}
    </div>
  );
}

function Amount(props: { replacement: Replacement; set: (replacement: Replacement) => ErrorReport | null }) {
  const { replacement, set } = props;
  switch (replacement.kind) {
    case "zero":
    case "mean":
      return null;
    case "constant":
      return (
        <NumberField
          label="Constant"
          value={replacement.value}
          apply={(value) => set({ kind: "constant", value: value as number })}
        />
      );
    case "scale":
      return (
        <NumberField
          label="Factor"
          value={replacement.factor}
          apply={(factor) => set({ kind: "scale", factor: factor as number })}
        />
      );
    case "noise":
      return (
        <NumberField
          label="Times its deviation"
          value={replacement.sigma}
          apply={(sigma) => set({ kind: "noise", sigma: sigma as number })}
        />
      );
  }
}
