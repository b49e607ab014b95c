/** A labelled number that is applied when it is left or Enter is pressed, and says in place why it is refused. */
import { useId, useState } from "preact/hooks";
import type { ErrorReport } from "../core/errors.ts";

/** `value` null is an empty field, allowed where `placeholder` says what empty means. */
export function NumberField(props: {
  readonly label: string;
  readonly value: number | null;
  readonly placeholder?: string;
  /** Applies a number, or null for an empty field; returns why it cannot. */
  readonly apply: (value: number | null) => ErrorReport | null;
}) {
  const { label, value, placeholder, apply } = props;
  const [refused, setRefused] = useState<{ readonly value: number | null; readonly problem: string } | null>(null);
  // What was wrong is past where the field shows another value.
  const problem = refused?.value === value ? refused.problem : null;
  const setProblem = (problem: string | null) => setRefused(problem === null ? null : { value, problem });
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        inputMode="decimal"
        autocomplete="off"
        value={value ?? ""}
        placeholder={placeholder}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        onChange={(event) => {
          const text = event.currentTarget.value.trim();
          const number = text === "" ? null : Number(text);
          if (number !== null && Number.isNaN(number)) setProblem(`"${text}" is not a number.`);
          else if (number === null && placeholder === undefined) setProblem("A number is needed here.");
          else setProblem(apply(number)?.message ?? null);
        }}
      />
      {problem !== null && (
        <p class="problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}
