/** Puts the lab on the page. */
import { render } from "preact";
import { startEngine } from "../../workers/client.ts";
import { bindAddress } from "./address.ts";
import { nextFrame } from "./event-queue.ts";
import { LabPage } from "./lab.tsx";
import { createLab } from "./lab-state.ts";
import "./page.css";
import "./controls.css";
import "./run-bar.css";
import "./settings.css";
import "./results.css";
import "./charts.css";
import "./tables.css";
import "./recovery.css";
import "./analyses.css";

/** Starts the engine's worker and draws the lab over it. */
export function startLab(): void {
  const engine = startEngine();
  const lab = createLab(engine, nextFrame);
  // For the console and for tests: the engine behind the page.
  Object.assign(globalThis, { lesionEngine: engine });
  bindAddress(lab);
  render(<LabPage lab={lab} />, document.getElementById("lab")!);
}
