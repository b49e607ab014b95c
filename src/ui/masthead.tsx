/** The head of the page: what this is, which adapter computes, light or dark. */
import type { Lab } from "./lab-state.ts";
import { scheme, toggleScheme } from "./theme.ts";

export function Masthead({ lab }: { lab: Lab }) {
  const adapter = lab.adapter.value;
  const name = adapter?.description || [adapter?.vendor, adapter?.architecture].filter(Boolean).join(" ");
  return (
    <header class="masthead">
      <h1>Lesion</h1>
      <p class="adapter">
        {adapter === null ? "Looking for a GPU" : <span title={adapterTitle(lab)}>{name || "Unnamed adapter"}</span>}
        {adapter?.fallback === true && (
          <span
            class="badge"
            title="WebGPU runs in software here. Results are the same up to rounding; times are not those of a GPU."
          >
            processor, no GPU
          </span>
        )}
      </p>
      <button type="button" class="plain to-settings" onClick={() => settings()?.scrollIntoView()}>
        Settings
      </button>
      <button type="button" class="plain" onClick={toggleScheme}>
        {scheme.value === "dark" ? "Light" : "Dark"}
      </button>
    </header>
  );
}

/** On a narrow page they are below the results, however many those are. */
const settings = () => document.querySelector(".settings");

function adapterTitle(lab: Lab): string {
  const adapter = lab.adapter.value!;
  return [`${adapter.vendor} ${adapter.architecture} ${adapter.device}`.trim(), ...adapter.features].join("\n");
}
