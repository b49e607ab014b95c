/**
 * The diverging palette of damage: blue where a class got better, the page's own colour at zero, orange to brown where it
 * got worse. Blue against orange stays apart under the common forms of colour blindness. Colours are mixed in OKLab
 * (Ottosson 2020), where equal steps look equal. And the colours of recovery's arms, which stay apart from one another and
 * from those of damage.
 */
import { FIGURE_VARIABLES } from "../report/figures/colours.ts";
import type { RecoveryRecord } from "../study/records.ts";

/** Red, green, blue, each 0 .. 255. */
export type Rgb = readonly [number, number, number];

export type Scheme = "light" | "dark";

/** From most improved to most damaged; the middle is the colour of a chart's ground. */
const STOPS: Readonly<Record<Scheme, readonly string[]>> = {
  light: ["#0a3a75", "#3f86c9", "#f3f2ee", "#e58a3c", "#7d2703"],
  dark: ["#a9d3ff", "#2f78bd", "#24282d", "#c8691f", "#ffd3a1"],
};

/** What trains: all layers, those after the damage, the damaged ones; and the intact network, trained as long. */
export const ARM_COLOURS: Readonly<Record<Scheme, Readonly<Record<RecoveryRecord["arm"], string>>>> = {
  light: { all: "#1558a6", after: "#1f9468", layer: "#a8479a", control: "#574c3c" },
  dark: { all: "#5b9ff0", after: "#62dbab", layer: "#d884cc", control: "#a39a80" },
};

/** The colours of a report's figures, by name, for drawings that style sheets do not reach. */
export function figureColours(scheme: Scheme): Readonly<Record<string, string>> {
  const declared = FIGURE_VARIABLES.matchAll(/--(\w+):light-dark\((#\w+),(#\w+)\)/g);
  return Object.fromEntries(
    Array.from(declared, ([, name, light, dark]) => [name!, scheme === "light" ? light! : dark!]),
  );
}

/** Number of colours in a palette: odd, so that zero has one of its own. */
export const PALETTE_SIZE = 511;

/** A palette as `PALETTE_SIZE` colours, from most improved to most damaged. */
export function divergingPalette(scheme: Scheme): readonly Rgb[] {
  const stops = STOPS[scheme].map((stop) => oklabOf(rgbOf(stop)));
  return Array.from({ length: PALETTE_SIZE }, (_, index) => {
    const at = (index / (PALETTE_SIZE - 1)) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const share = at - low;
    const from = stops[low]!;
    const to = stops[low + 1]!;
    return rgbOfOklab([
      from[0] + (to[0] - from[0]) * share,
      from[1] + (to[1] - from[1]) * share,
      from[2] + (to[2] - from[2]) * share,
    ]);
  });
}

/** Where in a palette a value belongs whose scale runs from -limit to +limit; what lies outside takes an end. */
export function paletteIndex(value: number, limit: number): number {
  const share = limit > 0 ? Math.max(-1, Math.min(1, value / limit)) : 0;
  return Math.round(((share + 1) / 2) * (PALETTE_SIZE - 1));
}

/** The palette as 32-bit pixels in ImageData's byte order on little-endian machines: 0xAABBGGRR. */
export function palettePixels(palette: readonly Rgb[]): Uint32Array {
  return Uint32Array.from(palette, ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
}

/** A colour as CSS writes it. */
export function cssOf([r, g, b]: Rgb): string {
  return `rgb(${r} ${g} ${b})`;
}

/** Black or white, whichever reads better on a colour, by WCAG 2 relative luminance. */
export function inkOn(colour: Rgb): "#000" | "#fff" {
  const [r, g, b] = colour.map((channel) => linearOf(channel / 255)) as [number, number, number];
  // Contrast with black and with white is equal at this luminance: sqrt(1.05 * 0.05) - 0.05.
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

/** The channels of a colour as CSS writes it: "#1b5fa8". */
export function rgbOf(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function linearOf(channel: number): number {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
}

function gammaOf(channel: number): number {
  const clamped = Math.max(0, Math.min(1, channel));
  return clamped <= 0.0031308 ? clamped * 12.92 : 1.055 * clamped ** (1 / 2.4) - 0.055;
}

/** sRGB to OKLab: lightness, green to red, blue to yellow. */
export function oklabOf(colour: Rgb): readonly [number, number, number] {
  const [r, g, b] = colour.map((channel) => linearOf(channel / 255)) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function rgbOfOklab([lightness, a, b]: readonly [number, number, number]): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const channels = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return channels.map((channel) => Math.round(gammaOf(channel) * 255)) as unknown as Rgb;
}
