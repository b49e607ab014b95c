/** A model and a data set of a few bytes, as files, for the tests that damage them. */
import { writeIdx } from "../src/data/idx-writer.ts";
import { writeOnnx } from "../src/formats/onnx/write.ts";
import { LINEAR, type Network, RELU } from "../src/network/network.ts";

/** Images of 3 x 4 pixels. */
export const FEATURES = 12;
/** A weight that no other is equal to. */
const MARKED_WEIGHT = 0.671875;

const network: Network = {
  name: "small",
  inputs: [{ name: "input", shape: [FEATURES] }],
  layers: [
    {
      kind: "dense",
      name: "hidden",
      inputs: ["input"],
      inFeatures: FEATURES,
      outFeatures: 5,
      weight: Float32Array.from({ length: FEATURES * 5 }, (_, i) => (i === 7 ? MARKED_WEIGHT : Math.sin(i) / 4)),
      bias: null,
      activation: RELU,
    },
    {
      kind: "dense",
      name: "out",
      inputs: ["hidden"],
      inFeatures: 5,
      outFeatures: 3,
      weight: Float32Array.from({ length: 15 }, (_, i) => Math.cos(i) / 4),
      bias: null,
      activation: LINEAR,
    },
  ],
  outputs: ["out"],
};

/** A sound ONNX file: 12 inputs, 5 hidden units with ReLU, 3 classes. */
export function modelFile(): Uint8Array {
  return writeOnnx(network);
}

/** The same file with one weight that is no number. */
export function modelFileWithNan(): Uint8Array {
  const bytes = Buffer.from(modelFile());
  const marked = Buffer.alloc(4);
  marked.writeFloatLE(MARKED_WEIGHT);
  bytes.writeFloatLE(Number.NaN, bytes.indexOf(marked));
  return bytes;
}

/** An IDX file of grey images of `rows` x 4 pixels. */
export function imagesFile(count = 9, rows = 3): Uint8Array {
  const values = Uint8Array.from({ length: count * rows * 4 }, (_, i) => (37 * i) % 256);
  return writeIdx({ shape: [count, rows, 4], values });
}

/** An IDX file of labels of three classes. */
export function labelsFile(count = 9): Uint8Array {
  return writeIdx({ shape: [count], values: Uint8Array.from({ length: count }, (_, i) => i % 3) });
}

/** The bytes with one bit turned over. */
export function flipped(bytes: Uint8Array, offset: number, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === offset ? byte ^ (1 << bit) : byte));
}
