/** The lab: settings on the left, the run and its results on the right; on a narrow page one below the other. */
import { useEffect } from "preact/hooks";
import { DataCard } from "./data-card.tsx";
import { droppedFiles } from "./drop-transfer.ts";
import type { Lab } from "./lab-state.ts";
import { Masthead } from "./masthead.tsx";
import { ModelCard } from "./model-card.tsx";
import { Notices } from "./notices.tsx";
import { ResultsView } from "./results-view.tsx";
import { RunBar } from "./run-bar.tsx";
import { StudyCard } from "./study-card.tsx";

export function LabPage({ lab }: { lab: Lab }) {
  useEffect(() => takeDroppedAnywhere(lab), [lab]);
  return (
    <>
      <Masthead lab={lab} />
      <RunBar lab={lab} />
      <Notices lab={lab} />
      <div class="page">
        <aside class="settings" aria-label="Settings">
          <ModelCard lab={lab} />
          <DataCard lab={lab} />
          <StudyCard lab={lab} />
        </aside>
        <main>
          <ResultsView lab={lab} />
        </main>
      </div>
    </>
  );
}

/** Files dropped beside the cards count too: the browser would otherwise open them and leave the page. */
function takeDroppedAnywhere(lab: Lab): () => void {
  const allow = (event: DragEvent) => event.preventDefault();
  const take = (event: DragEvent) => {
    event.preventDefault();
    if (event.dataTransfer) void lab.takeFiles(droppedFiles(event.dataTransfer));
  };
  window.addEventListener("dragover", allow);
  window.addEventListener("drop", take);
  return () => {
    window.removeEventListener("dragover", allow);
    window.removeEventListener("drop", take);
  };
}
