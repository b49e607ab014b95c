/** Errors and warnings: what happened, where, and what to do, until somebody has read and dismissed them. */
import type { Lab, Notice } from "./lab-state.ts";

export function Notices({ lab }: { lab: Lab }) {
  const notices = lab.notices.value;
  return (
    <div class="notices" role="log" aria-live="assertive" aria-label="Messages">
      {notices.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} dismiss={() => lab.dismiss(notice.id)} />
      ))}
    </div>
  );
}

function NoticeCard({ notice: { kind, report }, dismiss }: { notice: Notice; dismiss: () => void }) {
  return (
    <article class={`notice ${kind}`}>
      <div>
        <p class="notice-message">
          <strong>{kind === "error" ? "Error" : "Note"}</strong> {report.message}
        </p>
        {report.where !== undefined && <p class="notice-where">at {report.where}</p>}
        {report.fix !== undefined && <p>{report.fix}</p>}
        {report.because !== undefined && (
          <details>
            <summary>Cause</summary>
            <pre>{report.because}</pre>
          </details>
        )}
      </div>
      <button type="button" class="plain" aria-label="Dismiss this message" onClick={dismiss}>
        {"\u00d7"}
      </button>
    </article>
  );
}
