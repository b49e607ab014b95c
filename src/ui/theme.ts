/**
 * Light or dark: what the system prefers, until a person chooses otherwise. Charts are drawn on canvas, which style sheets
 * do not reach, so the colours they use are read from the page's custom properties once a change.
 */
import { computed, effect, signal } from "@preact/signals";
import {
  ARM_COLOURS,
  cssOf,
  divergingPalette,
  figureColours,
  palettePixels,
  type Rgb,
  type Scheme,
} from "./palette.ts";

/** Everything a chart draws with. */
export interface ChartTheme {
  readonly ink: string;
  readonly muted: string;
  readonly rule: string;
  readonly paper: string;
  readonly accent: string;
  readonly band: string;
  readonly worse: string;
  readonly better: string;
  readonly arms: (typeof ARM_COLOURS)[Scheme];
  /** Those of a report's figures, by name: "c0", "lost". */
  readonly figures: Readonly<Record<string, string>>;
  readonly font: string;
  readonly palette: readonly Rgb[];
  /** The palette as CSS writes it, and as ImageData holds it. */
  readonly colours: readonly string[];
  readonly pixels: Uint32Array;
}

const STORED = "lesion-scheme";
const preferred = window.matchMedia("(prefers-color-scheme: dark)");
const system = signal<Scheme>(preferred.matches ? "dark" : "light");
const chosen = signal<Scheme | null>(stored());

preferred.addEventListener("change", ({ matches }) => {
  system.value = matches ? "dark" : "light";
});

export const scheme = computed<Scheme>(() => chosen.value ?? system.value);

effect(() => {
  document.documentElement.dataset["scheme"] = scheme.value;
});

export const chartTheme = computed<ChartTheme>(() => {
  document.documentElement.dataset["scheme"] = scheme.value;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const palette = divergingPalette(scheme.value);
  return {
    ink: read("ink"),
    muted: read("muted"),
    rule: read("rule"),
    paper: read("card"),
    accent: read("accent"),
    band: read("band"),
    worse: read("worse"),
    better: read("better"),
    arms: ARM_COLOURS[scheme.value],
    figures: figureColours(scheme.value),
    font: `11px ${style.fontFamily}`,
    palette,
    colours: palette.map(cssOf),
    pixels: palettePixels(palette),
  };
});

/** The other scheme than the present one; kept for the next visit, where the browser keeps anything. */
export function toggleScheme(): void {
  chosen.value = scheme.value === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(STORED, chosen.value);
  } catch {
    // Storage may be switched off; the choice then lasts as long as the page.
  }
}

function stored(): Scheme | null {
  try {
    const value = localStorage.getItem(STORED);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    return null;
  }
}
