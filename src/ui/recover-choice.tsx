/** Whether damaged networks are trained again, what of them trains, and for how long. Off unless somebody asks. */
import type { ErrorReport } from "../core/errors.ts";
import type { RecoverOptions, RecoveryArm } from "../study/study.ts";
import { ARM_TITLES, ARMS } from "./arms.ts";
import { NumberField } from "./field.tsx";
import type { Lab } from "./lab-state.ts";
import { RECOVER_DEFAULTS } from "./recover-defaults.ts";
import { useEdit } from "./refusal.ts";

export function RecoverChoice({ lab }: { lab: Lab }) {
  const { recover } = lab.study.value;
  const [problem, edit] = useEdit(lab);
  const set = (recover: object | null) => edit((study) => ({ ...study, recover }));
  return (
    <fieldset>
      <legend>Recovery</legend>
      <label class="choice">
        <input
          type="checkbox"
          checked={recover !== null}
          aria-describedby={problem === null ? undefined : "recover-problem"}
          onChange={(event) => {
            const refused = set(event.currentTarget.checked ? RECOVER_DEFAULTS : null);
            if (refused !== null) event.currentTarget.checked = recover !== null;
          }}
        />
        <span>Train the damaged networks again</span>
      </label>
      {problem !== null && (
        <p class="problem" id="recover-problem" role="alert">
          {problem.message}. {problem.fix}
        </p>
      )}
      {recover !== null && <Options recover={recover} set={set} />}
    </fieldset>
  );
}

function Options({ recover, set }: { recover: RecoverOptions; set: (recover: object) => ErrorReport | null }) {
  const { arms, optimizer, data } = recover;
  const toggle = (arm: RecoveryArm) => {
    const next = ARMS.filter((other) => (other === arm ? !arms.includes(arm) : arms.includes(other)));
    set({ ...recover, arms: next.length === 0 ? arms : next });
  };
  return (
    <div class="recover-options">
      <ul class="recover-arms" aria-label="What trains">
        {ARMS.map((arm) => (
          <li key={arm}>
            <label class="choice">
              <input
                type="checkbox"
                checked={arms.includes(arm)}
                disabled={arms.length === 1 && arms[0] === arm}
                onChange={() => toggle(arm)}
              />
              <span>{ARM_TITLES[arm]}</span>
            </label>
          </li>
        ))}
      </ul>
      <div class="fields">
        <NumberField
          label="Recovery epochs"
          value={recover.epochs}
          apply={(epochs) => set({ ...recover, epochs: epochs as number })}
        />
        <NumberField
          label="Its learning rate"
          value={optimizer.learningRate}
          apply={(learningRate) =>
            set({ ...recover, optimizer: { ...optimizer, learningRate: learningRate as number } })
          }
        />
        <NumberField
          label="Its samples"
          value={data.limit}
          placeholder="all"
          apply={(limit) => set({ ...recover, data: { ...data, limit } })}
        />
      </div>
    </div>
  );
}
