/** The study document itself, for what the form does not offer. Mistakes are named as they are typed; the form keeps to
 * the last document that was right.
 */
import { documentText, type Lab } from "./lab-state.ts";
import { save } from "./save.ts";

export function StudyEditor({ lab }: { lab: Lab }) {
  const error = lab.studyError.value;
  return (
    <details class="editor" open={error !== null ? true : undefined}>
      <summary>Study document</summary>
      <textarea
        aria-label="Study document, JSON"
        aria-invalid={error !== null}
        aria-describedby={error === null ? undefined : "study-problem"}
        spellcheck={false}
        rows={18}
        value={lab.studyText.value}
        onInput={(event) => lab.setStudyText(event.currentTarget.value)}
      />
      {error !== null && (
        <div class="problem" id="study-problem" role="alert">
          <p>{error.message}</p>
          {error.where !== undefined && <p class="notice-where">at {error.where}</p>}
          {error.fix !== undefined && <p>{error.fix}</p>}
          <button type="button" onClick={() => lab.setStudyText(documentText(lab.study.value))}>
            Back to the last valid study
          </button>
        </div>
      )}
      <button
        type="button"
        class="plain"
        disabled={error !== null}
        onClick={() => save("study.json", [lab.studyText.value], "application/json")}
      >
        save study.json
      </button>
    </details>
  );
}
