/** Figures: marks stand where their scales put them, text is escaped, and maps stay small. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import type { Figure } from "../report.ts";
import { wellFormed } from "../well-formed.test-support.ts";
import { axes } from "./axes.ts";
import { colour, FIGURE_VARIABLES, seriesColour } from "./colours.ts";
import { figureSvg } from "./figure.ts";
import { scaleOf } from "./scale.ts";
import { escaped, fitted } from "./svg.ts";

const named = { title: 'A <b> & "c"', description: "it's <i>" };

describe("scales", () => {
  test("linear: ends at round ticks, and values between in proportion", () => {
    // 0 .. 47.9 in about six steps: 10s, so 0 .. 50.
    const scale = scaleOf({ title: "" }, [0, 47.9], [100, 0]);
    expect(scale.ticks.map(({ label }) => label)).toEqual(["0", "10", "20", "30", "40", "50"]);
    expect(scale(25)).toBe(50);
    expect(scale(0)).toBe(100);
  });

  test("tight: ends where values end, ticks inside", () => {
    const scale = scaleOf({ title: "", tight: true }, [-1, 39], [0, 400]);
    expect(scale.ticks.map(({ value }) => value)).toEqual([0, 10, 20, 30]);
    expect(scale(-1)).toBe(0);
    expect(scale(39)).toBe(400);
  });

  test("whole numbers alone", () => {
    expect(scaleOf({ title: "", whole: true }, [0, 2], [0, 1]).ticks.map(({ label }) => label)).toEqual([
      "0",
      "1",
      "2",
    ]);
  });

  test("log: powers of ten, and 0 at the low end", () => {
    const scale = scaleOf({ title: "", log: true }, [0.001, 0.5, 0], [0, 300]);
    expect(scale.ticks.map(({ label }) => label)).toEqual(["0.001", "0.01", "0.1", "1"]);
    expect(scale(0.1)).toBeCloseTo(200, 9);
    expect(scale(0)).toBe(0);
  });

  test("names stand at their indices; where they are too many, every so many is written", () => {
    const names = Array.from({ length: 100 }, (_, i) => `layer ${i}`);
    const scale = scaleOf({ title: "", names }, [], [0, 600]);
    // 100 labels of 15 pixels need 1500 of 600: every third.
    expect(scale.ticks).toHaveLength(34);
    expect(scale.ticks[1]).toEqual({ value: 3, label: "layer 3" });
    expect(scale(1) - scale(0)).toBeCloseTo(600 / 99.8, 9);
  });

  test("any numbers lie within the range, and ticks rise", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1 }),
        fc.boolean(),
        (values, tight) => {
          const scale = scaleOf({ title: "", tight }, values, [0, 100]);
          for (const value of values) expect(Math.abs(scale(value) - 50)).toBeLessThan(50.001);
          expect(scale.ticks.length).toBeLessThan(12);
          for (const [i, tick] of scale.ticks.slice(1).entries())
            expect(tick.value).toBeGreaterThan(scale.ticks[i]!.value);
        },
      ),
    );
  });
});

describe("lines", () => {
  const figure: Figure = {
    mark: "lines",
    ...named,
    x: { title: "units ablated (%)" },
    y: { title: "accuracy (%)", include: [0] },
    series: [
      { name: "random", x: [0, 50, 100], y: [100, 60, 20], band: [null, [50, 70], [10, 30]] },
      { name: "greedy <most>", x: [0, 50, 100], y: [100, null, 20] },
    ],
    references: [{ value: 10, name: "chance" }],
  };
  const drawn = figureSvg(figure);

  test("points, bands and references stand at their values; gaps are gaps", () => {
    // 260 pixels from 100 down to 0.
    const middle = /d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)" fill="none" stroke="var\(--c0/.exec(
      drawn,
    )!;
    const [x0, y0, x1, y1, x2, y2] = middle.slice(1).map(Number) as [number, number, number, number, number, number];
    expect(x1 - x0).toBeCloseTo(x2 - x1, 0);
    expect(y1 - y0).toBeCloseTo(260 * 0.4, 0);
    expect(y2 - y0).toBeCloseTo(260 * 0.8, 0);
    expect(drawn).toContain(
      `M${x1} ${y0 + 260 * 0.3}L${x2} ${y0 + 260 * 0.7}L${x2} ${y0 + 260 * 0.9}L${x1} ${y0 + 260 * 0.5}Z`,
    );
    expect(drawn).toMatch(new RegExp(`M${x0} ${y0}M${x2} ${y2}" fill="none" stroke="var\\(--c1`));
    expect(drawn).toMatch(
      new RegExp(`M${x0} ${y0 + 260 * 0.9}L[\\d.]+ ${y0 + 260 * 0.9}" stroke="var\\(--muted[^>]+dasharray`),
    );
  });

  test("labels that would meet are turned", () => {
    const names = Array.from({ length: 16 }, (_, i) => `block${i}_conv`);
    const level = axes(
      0,
      100,
      { axis: { title: "", names: names.slice(0, 3) }, values: [] },
      { axis: { title: "" }, values: [0, 1] },
    );
    const turned = axes(0, 100, { axis: { title: "", names }, values: [] }, { axis: { title: "" }, values: [0, 1] });
    expect(level.svg).not.toContain("rotate");
    expect(turned.svg.match(/rotate\(-45/g)).toHaveLength(16);
  });
});

describe("scatter", () => {
  const points = [
    { x: 0, y: 0, label: "origin" },
    { x: 10, y: 10, label: "corner" },
    { x: 10, y: 9.9, label: "too near" },
  ];
  const drawn = figureSvg({ mark: "scatter", ...named, x: { title: "x" }, y: { title: "y" }, groups: [], points });

  test("dots at their values, labels that would meet left out", () => {
    const dots = Array.from(drawn.matchAll(/M([\d.]+) ([\d.]+)h0/g), ([, x, y]) => [Number(x), Number(y)]);
    expect(dots).toHaveLength(3);
    expect(dots[0]![1]! - dots[1]![1]!).toBeCloseTo(300, 0);
    expect(dots[1]![0]!).toBe(626);
    expect(dots[2]![1]! - dots[1]![1]!).toBeCloseTo(3, 0);
    expect(drawn).toContain(">origin<");
    expect(drawn).toMatch(/text-anchor="end">corner</);
    expect(drawn).not.toContain(">too near<");
  });
});

describe("heat map", () => {
  const drawn = figureSvg({
    mark: "heatmap",
    ...named,
    rows: ["a", "b"],
    columns: ["<x>", "y"],
    values: [
      [10, -5],
      [0, null],
    ],
    scale: "diverging",
    value: "drop (pp)",
  });

  test("the strongest value is opaque, half of it half as much, 0 is the ground, null is hatched", () => {
    const cells = drawn.slice(0, drawn.indexOf("drop (pp)"));
    expect(cells).toMatch(/<path d="M[\d.]+ [\d.]+h30v30h-30z" fill="var\(--warm[^"]+" fill-opacity="1\.00"\/>/);
    expect(cells).toMatch(/<path d="M[\d.]+ [\d.]+h30v30h-30z" fill="var\(--cool[^"]+" fill-opacity="0\.50"\/>/);
    expect(cells.match(/h30v30h-30z/g)).toHaveLength(2);
    expect(cells).toMatch(/<path d="M[\d.]+ [\d.]+L[\d.]+ [\d.]+" stroke="var\(--rule/);
  });
});

describe("bars", () => {
  test("begin at 0, end at the value, with whiskers at the interval", () => {
    const drawn = figureSvg({
      mark: "bars",
      ...named,
      value: { title: "drop (pp)" },
      bars: [
        { name: "up", value: 40, interval: [30, 50] },
        { name: "down", value: -10, interval: null },
      ],
    });
    const [up, down] = Array.from(
      drawn.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="12"/g),
      ([, x, width]) => ({ x: Number(x), width: Number(width) }),
    );
    expect(up!.width / down!.width).toBeCloseTo(4, 1);
    expect(down!.x + down!.width).toBeCloseTo(up!.x, 0);
    const [low, high] = /M([\d.]+) [\d.]+v6M[\d.]+ [\d.]+H([\d.]+)M/.exec(drawn)!.slice(1).map(Number);
    expect((low! - up!.x) / up!.width).toBeCloseTo(0.75, 2);
    expect((high! - up!.x) / up!.width).toBeCloseTo(1.25, 2);
    expect(drawn).toContain(">-10.0<");
  });
});

describe("map", () => {
  test("dots step to where the points are, and lie in their group's path", () => {
    const drawn = figureSvg({
      mark: "map",
      ...named,
      points: [0, 0, 1, 0, 1, 1, 0, 1],
      groupOf: [0, 0, 1, 2],
      groups: ["zero", "one", "two"],
      colours: "categories",
    });
    // The square is 628 pixels wide in half pixels, indented by 6; the second axis goes up.
    expect(drawn).toContain(`<path d="m12 1256h0m1256 0h0" stroke="${seriesColour(0)}"/>`);
    expect(drawn).toContain(`<path d="m1268 0h0" stroke="${seriesColour(1)}"/>`);
    expect(drawn).toContain(`<path d="m12 0h0" stroke="${seriesColour(2)}"/>`);
    expect(drawn).toContain("zero (2)");
  });

  test("10,000 points stay under 100 kB; status has its own colours", () => {
    const draw = random(7, "map");
    const drawn = figureSvg({
      mark: "map",
      ...named,
      points: Array.from({ length: 20_000 }, () => draw.normal()),
      groupOf: Uint8Array.from({ length: 10_000 }, () => draw.below(4)),
      groups: ["kept", "lost", "gained", "wrong"],
      colours: "status",
    });
    expect(drawn.length).toBeLessThan(100_000);
    expect(drawn.match(/h0/g)).toHaveLength(10_000);
    expect(drawn.indexOf(`stroke="${colour("kept")}"`)).toBeLessThan(drawn.indexOf(`stroke="${colour("lost")}"`));
  });
});

describe("every figure", () => {
  const axis = { title: "x <unit>" };
  const figures: readonly Figure[] = [
    { mark: "lines", ...named, x: axis, y: axis, series: [] },
    { mark: "lines", ...named, x: axis, y: axis, series: [{ name: "one", x: [3], y: [4], band: [[3, 5]] }] },
    { mark: "scatter", ...named, x: axis, y: axis, groups: ["<g>"], points: [] },
    { mark: "heatmap", ...named, rows: [], columns: [], values: [], scale: "sequential", value: "v" },
    { mark: "bars", ...named, value: axis, bars: [{ name: "<n>", value: 0, interval: null }] },
    { mark: "map", ...named, points: [], groupOf: [], groups: [], colours: "categories" },
    { mark: "map", ...named, points: [1, 1], groupOf: [0], groups: ["<g>"], colours: "categories" },
  ];

  test.each(figures.map((figure) => [figure.mark, figure] as const))(
    "%s: well-formed, named, no NaN, text escaped",
    (_, figure) => {
      const drawn = figureSvg(figure);
      wellFormed(drawn);
      expect(drawn).toContain('role="img"');
      expect(drawn).toContain("<title>A &lt;b&gt; &amp; &quot;c&quot;</title><desc>it&#39;s &lt;i&gt;</desc>");
      expect(drawn).not.toMatch(/NaN|Infinity|undefined/);
    },
  );

  test("every variable that a figure names is declared", () => {
    for (const [, name] of figures
      .map(figureSvg)
      .join("")
      .matchAll(/var\(--(\w+),/g))
      expect(FIGURE_VARIABLES).toContain(`--${name}:light-dark(`);
  });
});

test("text that is too long keeps more of its end", () => {
  expect(fitted("model/features/0/Conv", 80)).toBe("mod…0/Conv");
  expect(fitted("short", 80)).toBe("short");
});

test("no text can leave its element", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(escaped(text)).not.toMatch(/[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/);
    }),
  );
});
