/** Written files are ONNX to others too: onnxruntime computes the same from them. */
import { InferenceSession, Tensor } from "onnxruntime-web";
import { describe, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import type { Network } from "../../network/network.ts";
import { sizeOf } from "../../network/shapes.ts";
import { evaluateNetwork } from "../../reference/evaluate-network.ts";
import { IMAGE_NETWORKS } from "./write.fixture.ts";
import { writeOnnx } from "./write.ts";

/** Samples [samples, height, width, channels] as [samples, channels, height, width]. */
function channelsFirst(values: Float32Array, [height = 1, width = 1, channels = 1]: readonly number[]): Float32Array {
  const places = height * width;
  return values.map((_, i) => {
    const [sample, channel, place] = [
      Math.floor(i / (places * channels)),
      Math.floor(i / places) % channels,
      i % places,
    ];
    return values[(sample * places + place) * channels + channel]!;
  });
}

const SAMPLES = 2;

async function compare(network: Network, isChannelsFirst: boolean): Promise<void> {
  const { name, shape } = network.inputs[0]!;
  const draw = random(7, "onnxruntime");
  const values = Float32Array.from({ length: SAMPLES * sizeOf(shape) }, () => draw.normal());
  const session = await InferenceSession.create(writeOnnx(network));
  const [height = 1, width = 1, channels = 1] = shape;
  const dims = isChannelsFirst ? [channels, height, width] : shape;
  const data = isChannelsFirst ? channelsFirst(values, shape) : values;
  const results = await session.run({ [name]: new Tensor("float32", data, [SAMPLES, ...dims]) });
  const output = network.outputs[0]!;
  const found = results[output]!.data as Float32Array;
  const wanted = evaluateNetwork(network, new Map([[name, values]]), SAMPLES).get(output)!;
  const rms = Math.sqrt(wanted.reduce((sum, value) => sum + value * value, 0) / wanted.length);
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-4 * rms);
  });
}

describe("onnxruntime computes the same from a written file", () => {
  test.each(Object.entries(IMAGE_NETWORKS))("%s", (name, network) => compare(network, name !== "no convolution"));
});
