import { describe, expect, test } from "vitest";
import { FIGURE_VARIABLES } from "../report/figures/colours.ts";
import {
  ARM_COLOURS,
  divergingPalette,
  figureColours,
  inkOn,
  oklabOf,
  PALETTE_SIZE,
  paletteIndex,
  palettePixels,
  type Rgb,
  rgbOf,
  type Scheme,
} from "./palette.ts";

const MIDDLE = (PALETTE_SIZE - 1) / 2;

/** What a person without green cones sees (Machado, Oliveira and Fernandes 2009, severity 1), on gamma-coded channels. */
function deuteranopia([r, g, b]: Rgb): Rgb {
  return [0.367 * r + 0.861 * g - 0.228 * b, 0.28 * r + 0.673 * g + 0.047 * b, -0.012 * r + 0.043 * g + 0.969 * b];
}

function distance(one: Rgb, other: Rgb): number {
  const a = oklabOf(one);
  const b = oklabOf(other);
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

describe.each<Scheme>(["light", "dark"])("the %s palette", (scheme) => {
  const palette = divergingPalette(scheme);

  test("is neutral in the middle and moves away from it on both sides", () => {
    const [, a, b] = oklabOf(palette[MIDDLE]!);
    expect(Math.hypot(a, b)).toBeLessThan(0.015);
    for (const direction of [-1, 1]) {
      let before = 0;
      for (const share of [0.1, 0.25, 0.5, 0.75, 1]) {
        const lightness = oklabOf(palette[MIDDLE + direction * Math.round(share * MIDDLE)]!)[0];
        const moved = Math.abs(lightness - oklabOf(palette[MIDDLE]!)[0]);
        expect(moved).toBeGreaterThan(before);
        before = moved;
      }
    }
  });

  test("better and worse stay apart without green cones", () => {
    for (const share of [0.25, 0.5, 1]) {
      const step = Math.round(share * MIDDLE);
      const worse = deuteranopia(palette[MIDDLE + step]!);
      const better = deuteranopia(palette[MIDDLE - step]!);
      expect(distance(worse, better)).toBeGreaterThan(0.1);
    }
  });

  test("the arms stay apart from one another, without green cones too, and from the ground", () => {
    const arms = Object.values(ARM_COLOURS[scheme]).map(rgbOf);
    const ground = rgbOf(scheme === "light" ? "#fdfcfa" : "#1a1d21");
    for (const [index, arm] of arms.entries()) {
      const [lighter, darker] = [luminanceOf(arm), luminanceOf(ground)].sort((a, b) => b - a) as [number, number];
      expect((lighter + 0.05) / (darker + 0.05)).toBeGreaterThanOrEqual(3);
      for (const other of arms.slice(index + 1)) {
        expect(distance(arm, other)).toBeGreaterThan(0.15);
        expect(distance(deuteranopia(arm), deuteranopia(other))).toBeGreaterThan(0.08);
      }
    }
  });

  test("every colour has an ink of contrast 4.5 or more", () => {
    for (const colour of palette) expect(contrast(colour, inkOn(colour))).toBeGreaterThanOrEqual(4.5);
  });
});

test("paletteIndex puts zero in the middle and clips at the ends", () => {
  expect(paletteIndex(0, 40)).toBe(MIDDLE);
  expect(paletteIndex(0, 0)).toBe(MIDDLE);
  expect([paletteIndex(-40, 40), paletteIndex(-99, 40)]).toEqual([0, 0]);
  expect([paletteIndex(40, 40), paletteIndex(41, 40)]).toEqual([PALETTE_SIZE - 1, PALETTE_SIZE - 1]);
  expect(paletteIndex(7, 40) + paletteIndex(-7, 40)).toBe(PALETTE_SIZE - 1);
});

test("palettePixels writes red first in memory", () => {
  const bytes = new Uint8Array(palettePixels([[1, 2, 3]]).buffer);
  expect([...bytes]).toEqual([1, 2, 3, 255]);
});

function contrast(colour: Rgb, ink: "#000" | "#fff"): number {
  const luminance = luminanceOf(colour);
  return ink === "#000" ? (luminance + 0.05) / 0.05 : 1.05 / (luminance + 0.05);
}

/** Relative luminance, WCAG 2. */
function luminanceOf(colour: Rgb): number {
  const [r, g, b] = colour.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test("figures have the same colours on canvas as in a report", () => {
  const [light, dark] = [figureColours("light"), figureColours("dark")];
  expect(Object.keys(light)).toEqual(Object.keys(dark));
  for (const name of ["c0", "c9", "kept", "lost", "gained", "wrong", "muted"]) {
    expect(FIGURE_VARIABLES).toContain(`--${name}:light-dark(${light[name]},${dark[name]});`);
  }
});
