import { describe, expect, test } from "vitest";
import { LINEAR, type Network } from "../network/network.ts";
import { affordableSize } from "./check-size.ts";

/** A convolution of `size` x `size` positions: size^2 * channels^2 multiply-accumulates, size^2 * channels numbers. */
function network(size: number, channels: number): Network {
  const window = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1] } as const;
  const padding = { top: 0, left: 0, bottom: 0, right: 0 };
  const sizes = { inChannels: channels, outChannels: channels, groups: 1 };
  const weight = new Float32Array(channels * channels);
  return {
    name: "test",
    inputs: [{ name: "x", shape: [size, size, channels] }],
    layers: [
      {
        kind: "conv2d",
        name: "conv",
        inputs: ["x"],
        ...window,
        padding,
        ...sizes,
        weight,
        bias: null,
        activation: LINEAR,
      },
    ],
    outputs: ["conv"],
  };
}

const asked = { samples: 512, ablations: 32 };

describe("affordableSize", () => {
  test("is all that is asked for where that is cheap", () => {
    expect(affordableSize(network(8, 16), asked)).toEqual(asked);
    expect(affordableSize(network(8, 16), { samples: 7, ablations: 0 })).toEqual({ samples: 7, ablations: 0 });
  });

  test("takes fewer samples first, by work and by memory", () => {
    // 34 passes of 16 M: 183.8 samples of 100 G.
    expect(affordableSize(network(10, 400), asked)).toEqual({ samples: 183, ablations: 32 });
    // 400,000 numbers a sample: 83.9 samples of 32 Mi.
    expect(affordableSize(network(100, 40), asked)).toEqual({ samples: 83, ablations: 32 });
  });

  test("then fewer ablations, of a network of VGG-19's size", () => {
    // 224^2 * 640^2 = 20.6 G a pass: 4 passes, of which 2 are intact.
    expect(affordableSize(network(224, 640), asked)).toEqual({ samples: 1, ablations: 2 });
    expect(affordableSize(network(256, 1024), asked)).toEqual({ samples: 1, ablations: 1 });
  });
});
