/** What is asked of the ablations and of the network: a tick a question. Options are edited in the study's document. */
import { type AnalysisChoice, analysisChoices, toggledAnalysis } from "./analysis-choices.ts";
import { count } from "./format.ts";
import type { Lab } from "./lab-state.ts";

export function AnalysesChoice({ lab }: { lab: Lab }) {
  const study = lab.study.value;
  const groups = analysisChoices(study, lab.layers.value);
  const chosen = study.analyses.length;
  return (
    <fieldset>
      <legend>
        Analyses <span class="quiet">{chosen === 0 ? "none" : count(chosen)}</span>
      </legend>
      <details class="more" open={chosen > 0 ? true : undefined}>
        <summary>Ask of what is measured</summary>
        {groups.map(({ title, choices }) => (
          <section key={title} class="asked">
            <h3>{title}</h3>
            <ul>
              {choices.map((choice) => (
                <li key={choice.name}>
                  <Question lab={lab} choice={choice} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </details>
    </fieldset>
  );
}

/** What cannot be asked is not to be ticked; what was, and no longer can be, is told and can be unticked. */
function Question({ lab, choice }: { lab: Lab; choice: AnalysisChoice }) {
  const { name, title, question, chosen, problem } = choice;
  const told = `analysis-${name}-told`;
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={chosen}
        disabled={problem !== null && !chosen}
        aria-describedby={told}
        onChange={() => lab.editStudy((study) => ({ ...study, analyses: toggledAnalysis(study, name) }))}
      />
      <span>
        {title}
        <span id={told} class={problem !== null && chosen ? "told problem" : "told quiet"}>
          {problem ?? question}
        </span>
      </span>
    </label>
  );
}
