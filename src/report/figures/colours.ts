/**
 * Colours of figures. They differ in lightness as well as in hue, so that they stay apart under the common forms of colour
 * blindness and in grey print. Each is a CSS variable with one value for light and one for dark grounds: `light-dark()`
 * follows the `color-scheme` of the page, whatever sets it.
 */

/** [light, dark] by name. */
const COLOURS = {
  c0: ["#1f5fa8", "#6aa9f4"],
  c1: ["#c9601a", "#f0954e"],
  c2: ["#2a9170", "#54cfa6"],
  c3: ["#a8479a", "#dd8fd2"],
  c4: ["#a98a0c", "#e2c64a"],
  c5: ["#5aa9d6", "#a9dcf7"],
  c6: ["#7a1f3d", "#e0607f"],
  c7: ["#73737c", "#a3a3ab"],
  c8: ["#8d7be0", "#8572d8"],
  c9: ["#174d2b", "#7fae6b"],
  /** More, or damage; and less, or improvement. */
  warm: ["#b8500c", "#f59a4c"],
  cool: ["#1c62b0", "#63aef5"],
  kept: ["#c3ccd2", "#47525a"],
  lost: ["#c9601a", "#f0954e"],
  gained: ["#1f5fa8", "#6aa9f4"],
  wrong: ["#7c7480", "#8f8794"],
  muted: ["#5b6066", "#9ea4ab"],
  rule: ["#e0ddd6", "#33383e"],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

export type Colour = keyof typeof COLOURS;

/** CSS declarations of the figures' variables, for the element that holds them. */
export const FIGURE_VARIABLES = Object.entries(COLOURS)
  .map(([name, [light, dark]]) => `--${name}:light-dark(${light},${dark});`)
  .join("");

/** A colour as an attribute of SVG takes it; where the page has no variables, the light one. */
export const colour = (name: Colour): string => `var(--${name},${COLOURS[name][0]})`;

const SERIES = ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"] as const;
/** How many series have a colour of their own. */
export const SERIES_COLOURS = SERIES.length;
/** The colour of series or category i; they begin anew after `SERIES_COLOURS`. */
export const seriesColour = (index: number): string => colour(SERIES[index % SERIES.length]!);
