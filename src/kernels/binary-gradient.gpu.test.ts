/** Gradients of elementwise arithmetic on the GPU against central differences: by either operand, repeated or not. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { BinaryLayer } from "../network/network.ts";
import type { Shape } from "../network/shapes.ts";
import { planBinaryGradient } from "./binary-gradient.ts";
import { differences, drawOutput, runGradient } from "./gradient.fixture.ts";
import { largestError } from "./run.fixture.ts";
import { packTensor, someChannels, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

/** Numbers away from 0 of one sample or of all rows, and as many samples as the reference reads. */
function drawOperand(draw: ReturnType<typeof random>, rows: number, shape: Shape, mode: "own" | "one") {
  const size = shape.reduce((product, axis) => product * axis, 1);
  const source = Float32Array.from({ length: mode === "one" ? size : rows * size }, () => {
    return (draw.below(2) === 0 ? -1 : 1) * (0.5 + draw.uniform());
  });
  const values = Float32Array.from({ length: rows * size }, (_, at) => source[at % source.length]!);
  return { values, shape, packed: packTensor(source, mode === "one" ? 1 : rows, shape) };
}

interface Case {
  readonly operator: BinaryLayer["operator"];
  readonly side: "a" | "b";
  readonly mode: "own" | "one";
}
async function compare({ operator, side, mode }: Case, shape: Shape, otherShape: Shape, rows: number, seed: number) {
  const draw = random(seed);
  const own = drawOperand(draw, rows, shape, "own");
  const other = drawOperand(draw, rows, otherShape, mode);
  const [a, b] = side === "a" ? [own, other] : [other, own];
  const activation = { kind: "linear", alpha: 0 } as const;
  const layer: BinaryLayer = { kind: "binary", name: "y", inputs: ["a", "b"], operator, activation };
  const dy = drawOutput(draw, layer, [a, b], rows);
  const plan = planBinaryGradient({ rows, shape, other: { shape: otherShape, mode }, operator, side });
  const got = await runGradient(gpu, plan, { a: a.packed, b: b.packed, dy: dy.packed }, rows, shape);
  expect(largestError(got, differences(layer, [a, b], side === "a" ? 0 : 1, dy.values, rows))).toBeLessThan(2e-5);
}

const operators = ["add", "subtract", "multiply", "divide"] as const;
const sides = ["a", "b"] as const;
const size = fc.integer({ min: 2, max: 4 });

test.each(operators.flatMap((operator) => sides.map((side) => ({ operator, side }))))(
  "$operator by $side, of equal shapes",
  async (which) => {
    await fc.assert(
      fc.asyncProperty(size, someChannels, someRows, fc.integer(), async (height, channels, rows, seed) => {
        await compare({ ...which, mode: "own" }, [height, channels], [height, channels], rows, seed);
      }),
      { seed: 1337, numRuns: 6 },
    );
  },
);

/** Shapes of the operand and the other for a height, width and channels: the kernel's ways through them. */
const broadcasts: Readonly<Record<string, (h: number, w: number, c: number) => readonly [own: Shape, other: Shape]>> = {
  "all, other a number a channel": (h, w, c) => [[h, w, c], [c]],
  "all, other squeezed": (h, w, c) => [
    [h, w, c],
    [1, 1, c],
  ],
  "all, other a map": (h, w, c) => [
    [h, w, c],
    [h, w, 1],
  ],
  "all, other a column": (h, w, c) => [
    [h, w, c],
    [h, 1, c],
  ],
  "all, other a single number": (h, w, c) => [[h, w, c], []],
  "squeezed, other all": (h, w, c) => [
    [1, 1, c],
    [h, w, c],
  ],
  "a number a channel, other all": (h, w, c) => [[c], [h, w, c]],
  "a map, other all": (h, w, c) => [
    [h, w, 1],
    [h, w, c],
  ],
  "a row, other all": (h, w, c) => [
    [1, w, c],
    [h, w, c],
  ],
  "a single number, other all": (h, w, c) => [[], [h, w, c]],
  "a map, other squeezed": (h, w, c) => [
    [h, w, 1],
    [1, 1, c],
  ],
};

test.each(
  Object.entries(broadcasts).flatMap(([name, shapes]) =>
    (["multiply", "divide"] as const).map((operator) => ({ name, shapes, operator })),
  ),
)("$operator by $name", async ({ shapes, operator }) => {
  const side = operator === "divide" ? "b" : "a";
  await fc.assert(
    fc.asyncProperty(
      ...([size, size, someChannels, someRows, fc.constantFrom("own", "one"), fc.integer()] as const),
      async (h, w, c, rows, mode, seed) => {
        await compare({ operator, side, mode }, ...shapes(h, w, Math.min(c, 17)), rows, seed);
      },
    ),
    { seed: 1337, numRuns: 6 },
  );
});

test("a sum of 5,000 places loses nothing", async () => {
  const plan = planBinaryGradient({
    ...{ rows: 1, shape: [1, 1], other: { shape: [5000, 1], mode: "own" }, operator: "multiply", side: "a" },
  });
  const b = packTensor(new Float32Array(5000).fill(0.1), 1, [5000, 1]);
  const dy = packTensor(new Float32Array(5000).fill(1), 1, [5000, 1]);
  const [got] = await runGradient(gpu, plan, { a: packTensor([3], 1, [1, 1]), b, dy }, 1, [1, 1]);
  expect(Math.abs(got! / (5000 * Math.fround(0.1)) - 1)).toBeLessThan(1e-6);
});

test("refuses shapes that it cannot walk, and those that do not fit", () => {
  const rest = { rows: 2, operator: "add", side: "a" } as const;
  const other = { shape: [2, 3, 2, 3, 2, 4], mode: "own" } as const;
  expect(() => planBinaryGradient({ ...rest, shape: [1, 3, 1, 3, 1, 4], other })).toThrow(
    "binary-gradient: [1, 3, 1, 3, 1, 4], repeated to [2, 3, 2, 3, 2, 4] by [2, 3, 2, 3, 2, 4]",
  );
  expect(() => planBinaryGradient({ ...rest, shape: [3, 4], other: { shape: [3, 5], mode: "own" } })).toThrow("[3, 5]");
});
