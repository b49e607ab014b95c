/**
 * Damaged files: whatever bytes come, the reader gives a sound network or a LesionError, soon, and without making much of
 * little. The corpus is seeded, so a failure can be repeated.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LesionError } from "../../core/errors.ts";
import { type Random, random } from "../../core/random.ts";
import { describeModel } from "../../network/describe.ts";
import type { Network } from "../../network/network.ts";
import { validateNetwork } from "../../network/validate.ts";
import { floats, integers, onnxFile } from "./model.fixture.ts";
import { readOnnx } from "./read.ts";
import { writeOnnx } from "./write.ts";

const FILES: readonly Uint8Array[] = [
  onnxFile({
    inputs: { x: [1, 3, 2] },
    tensors: [
      floats(
        "w",
        [4, 6],
        Array.from({ length: 24 }, (_, i) => i / 7),
      ),
      integers("shape", [0, -1]),
      floats("b", [4], [1, 2, 3, 4]),
    ],
    nodes: [
      { op: "Reshape", name: "flat", inputs: ["x", "shape"], output: "f" },
      {
        op: "Gemm",
        name: "fc",
        inputs: ["f", "w", "b"],
        output: "g",
        attributes: { transB: { int: 1 }, alpha: { float: 0.5 } },
      },
      { op: "Sigmoid", inputs: ["g"], output: "s" },
      { op: "Mul", inputs: ["g", "s"], output: "m" },
      { op: "Softmax", name: "out", inputs: ["m"], output: "y", attributes: { axis: { int: 1 } } },
    ],
    outputs: ["y"],
  }),
  writeOnnx(chain(random(1, "damage"))),
  onnxFile({
    inputs: { x: ["n", 2, 4, 4] },
    tensors: [
      floats("w", [2, 1, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
      integers("one", [1]),
      integers("two", [2]),
      integers("pads", [0, 0, 1, 0, 0, 0, 0, 1]),
    ],
    nodes: [
      {
        op: "Conv",
        inputs: ["x", "w"],
        output: "c",
        attributes: { group: { int: 2 }, strides: { ints: [1, 2] }, pads: { ints: [1, 0, 0, 1] } },
      },
      { op: "Pad", inputs: ["c", "pads"], output: "p" },
      { op: "AveragePool", inputs: ["p"], output: "a", attributes: { kernel_shape: { ints: [2, 1] } } },
      { op: "Concat", inputs: ["a", "a"], output: "j", attributes: { axis: { int: 1 } } },
      { op: "Shape", inputs: ["j"], output: "s" },
      { op: "Reshape", inputs: ["j", "s"], output: "r" },
      { op: "Slice", inputs: ["r", "one", "two", "one"], output: "z" },
      { op: "GlobalMaxPool", inputs: ["z"], output: "y" },
    ],
    outputs: ["y"],
  }),
];

function chain(draw: Random): Network {
  const numbers = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
  const sizes = [7, 5, 3];
  const layers = sizes.slice(1).map((outFeatures, i) => ({
    kind: "dense" as const,
    name: `dense_${i}`,
    inputs: [i === 0 ? "input" : `dense_${i - 1}`],
    inFeatures: sizes[i]!,
    outFeatures,
    weight: numbers(sizes[i]! * outFeatures),
    bias: numbers(outFeatures),
    activation: { kind: "relu" as const, alpha: 0 },
  }));
  return { name: "chain", inputs: [{ name: "input", shape: [7] }], layers, outputs: ["dense_1"] };
}

/** Reads; returns the error, or null where a sound network came out. Anything else fails the test. */
function outcome(bytes: Uint8Array): LesionError | null {
  try {
    const network = readOnnx(bytes, "damaged");
    validateNetwork(network);
    const { parameters } = describeModel(network);
    expect(parameters).toBeLessThan(bytes.length);
    return null;
  } catch (error) {
    if (error instanceof LesionError && error.code !== "internal" && error.where && error.fix) return error;
    throw error;
  }
}

describe.each(FILES.map((bytes, i) => ({ bytes, file: `file ${i}` })))("$file", ({ bytes }) => {
  test("is read undamaged", () => {
    expect(outcome(bytes)).toBeNull();
  });

  test("cut off anywhere is refused", () => {
    for (let length = 0; length < bytes.length; length++) {
      const error = outcome(bytes.subarray(0, length));
      expect(error, `${length} of ${bytes.length} bytes`).toMatchObject({ code: "bad-file" });
    }
  });

  test("every bit flipped, one at a time", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const copy = bytes.slice();
      copy[bit >>> 3]! ^= 1 << (bit & 7);
      outcome(copy);
    }
  });

  test("every byte as a large length", () => {
    for (let at = 0; at < bytes.length; at++) {
      const copy = new Uint8Array(bytes.length + 4);
      copy.set(bytes.subarray(0, at));
      copy.set([0xff, 0xff, 0xff, 0xff, 0x0f], at);
      copy.set(bytes.subarray(at + 1), at + 5);
      outcome(copy);
    }
  });

  test("a thousand copies with several bytes overwritten, removed or repeated", () => {
    const draw = random(1337, "damage");
    for (let round = 0; round < 1000; round++) {
      let copy = Array.from(bytes);
      for (let edit = draw.below(6); edit >= 0; edit--) {
        const at = draw.below(copy.length);
        const count = 1 + draw.below(8);
        const kind = draw.below(3);
        if (kind === 0) copy[at] = draw.below(256);
        else if (kind === 1) copy = [...copy.slice(0, at), ...copy.slice(at + count)];
        else copy = [...copy.slice(0, at), ...copy.slice(at, at + count), ...copy.slice(at)];
      }
      outcome(Uint8Array.from(copy));
    }
  });
});

test("bytes of any kind are refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(outcome(bytes)?.code).toBe("bad-file");
    }),
    { seed: 1337, numRuns: 1000 },
  );
});

test("damage is reported with its byte offset", () => {
  const bytes = FILES[0]!;
  const cut = bytes.subarray(0, bytes.length - 20);
  // The graph is the field that is cut: ir_version before it takes 2 bytes, opset_import comes after.
  expect(outcome(cut)).toMatchObject({ code: "bad-file", detail: { offset: expect.any(Number) } });
  expect(outcome(cut)?.message).toMatch(/at byte \d+, model\.graph claims \d+ bytes, and \d+ are left/);
});

test("a file of empty messages is refused before it fills the memory", () => {
  // 2 MB of empty nodes in one graph: tag and length of the graph, then a million times tag 0x0a, length 0.
  const count = 1_000_000;
  const bytes = new Uint8Array(5 + 2 * count);
  bytes.set([
    0x3a,
    ((2 * count) & 127) | 128,
    (((2 * count) >>> 7) & 127) | 128,
    (((2 * count) >>> 14) & 127) | 128,
    (2 * count) >>> 21,
  ]);
  for (let i = 5; i < bytes.length; i += 2) bytes[i] = 0x0a;
  expect(outcome(bytes)?.message).toMatch(/model\.graph\.node makes it more than \d+ objects/);
});

test("deep nesting is refused", () => {
  // A TypeProto inside a sequence type inside a TypeProto ...: tag 0x22 (sequence_type), then 0x0a (elem_type).
  let inner: number[] = [];
  for (let level = 0; level < 200; level++) {
    const length = inner.length < 128 ? [inner.length] : [(inner.length & 127) | 128, inner.length >>> 7];
    inner = [level % 2 === 1 ? 0x22 : 0x0a, ...length, ...inner];
  }
  // model.graph.input.type
  for (const tag of [0x12, 0x5a, 0x3a]) {
    inner = [tag, (inner.length & 127) | 128, inner.length >>> 7, ...inner];
  }
  expect(outcome(Uint8Array.from(inner))?.message).toMatch(/nested more than \d+ levels/);
});
