/** Every layer class against small cases worked by hand from Keras' documentation, evaluated by the float64 oracle. */
import { describe, expect, test } from "vitest";
import { LesionError } from "../../core/errors.ts";
import { networkOf, resultOf, sequential, type TestLayer, type TestWeights } from "./model.test-support.ts";

interface Case {
  readonly title: string;
  readonly shape: readonly number[];
  readonly layers: readonly TestLayer[];
  readonly weights?: TestWeights;
  readonly sample: readonly number[];
  readonly expected: readonly number[];
  readonly version?: string;
}

/** 1, 2, ... count. */
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const ones = (count: number) => upTo(count).map(() => 1);
const activation = (name: unknown): TestLayer => ["Activation", { activation: name }];

const WORKED: readonly Case[] = [
  {
    title: "Dense",
    shape: [2],
    layers: [["Dense", { units: 2, activation: "relu" }]],
    weights: {
      "dense/kernel": [
        [2, 2],
        [1, 2, 3, -4],
      ],
      "dense/bias": [[2], [10, 1]],
    },
    sample: [1, 1],
    expected: [14, 0],
  },
  {
    title: "Dense without bias over the last axis, with softmax",
    shape: [2, 1],
    layers: [["Dense", { units: 2, activation: "softmax", use_bias: false }]],
    weights: {
      "dense/kernel": [
        [1, 2],
        [0, Math.log(3)],
      ],
    },
    sample: [1, 0],
    expected: [0.25, 0.75, 0.5, 0.5],
  },
  {
    title: "Conv2D, valid",
    shape: [3, 3, 1],
    layers: [["Conv2D", { filters: 1, kernel_size: [2, 2], padding: "valid" }]],
    weights: {
      "conv2d/kernel": [
        [2, 2, 1, 1],
        [1, 2, 3, 4],
      ],
      "conv2d/bias": [[1], [100]],
    },
    sample: upTo(9),
    expected: [137, 147, 167, 177],
  },
  {
    title: "Conv2D, same, an even kernel pads after",
    shape: [2, 2, 1],
    layers: [["Conv2D", { filters: 1, kernel_size: 2, padding: "same", use_bias: false }]],
    weights: { "conv2d/kernel": [[2, 2, 1, 1], ones(4)] },
    sample: [1, 2, 3, 4],
    expected: [10, 6, 7, 4],
  },
  {
    title: "Conv2D, same, stride 2 over 4: the one column of padding comes after",
    shape: [1, 4, 1],
    layers: [["Conv2D", { filters: 1, kernel_size: [1, 3], strides: [1, 2], padding: "same", use_bias: false }]],
    weights: {
      "conv2d/kernel": [
        [1, 3, 1, 1],
        [1, 10, 100],
      ],
    },
    sample: [1, 2, 3, 4],
    expected: [321, 43],
  },
  {
    title: "Conv2D, same, dilation 2",
    shape: [1, 4, 1],
    layers: [["Conv2D", { filters: 1, kernel_size: [1, 3], dilation_rate: [1, 2], padding: "same", use_bias: false }]],
    weights: {
      "conv2d/kernel": [
        [1, 3, 1, 1],
        [1, 10, 100],
      ],
    },
    sample: [1, 2, 3, 4],
    expected: [310, 420, 31, 42],
  },
  {
    title: "Conv2D, two groups",
    shape: [1, 1, 4],
    layers: [["Conv2D", { filters: 2, kernel_size: [1, 1], groups: 2, use_bias: false }]],
    weights: {
      "conv2d/kernel": [
        [1, 1, 2, 2],
        [1, 10, 2, 20],
      ],
    },
    sample: [1, 2, 3, 4],
    expected: [5, 110],
  },
  {
    title: "Conv1D, causal",
    shape: [3, 1],
    layers: [["Conv1D", { filters: 1, kernel_size: [2], padding: "causal", use_bias: false }]],
    weights: {
      "conv1d/kernel": [
        [2, 1, 1],
        [10, 1],
      ],
    },
    sample: [1, 2, 3],
    expected: [1, 12, 23],
  },
  {
    title: "Conv1D, MaxPooling1D, Flatten",
    shape: [4, 1],
    layers: [
      ["Conv1D", { filters: 2, kernel_size: 1, use_bias: false }],
      ["MaxPooling1D", { pool_size: [2], strides: null }],
      ["Flatten"],
    ],
    weights: {
      "conv1d/kernel": [
        [1, 1, 2],
        [1, -1],
      ],
    },
    sample: [1, 2, 3, 4],
    expected: [2, -1, 4, -3],
  },
  {
    title: "DepthwiseConv2D, multiplier 2",
    shape: [1, 2, 2],
    layers: [["DepthwiseConv2D", { kernel_size: [1, 2], depth_multiplier: 2 }]],
    weights: {
      "depthwiseconv2d/depthwise_kernel": [
        [1, 2, 2, 2],
        [1, 2, 3, 4, 5, 6, 7, 8],
      ],
      "depthwiseconv2d/bias": [[4], [0, 0, 0, 1000]],
    },
    sample: [1, 10, 100, 1000],
    expected: [1 + 500, 2 + 600, 30 + 7000, 40 + 8000 + 1000],
  },
  {
    title: "SeparableConv2D",
    shape: [1, 2, 2],
    layers: [["SeparableConv2D", { kernel_size: [1, 2], filters: 1, activation: "relu" }]],
    weights: {
      "separableconv2d/depthwise_kernel": [
        [1, 2, 2, 1],
        [1, 2, 3, 4],
      ],
      "separableconv2d/pointwise_kernel": [
        [1, 1, 2, 1],
        [1, 10],
      ],
      "separableconv2d/bias": [[1], [0.5]],
    },
    sample: [1, 10, 100, 1000],
    expected: [301 + 40_200 + 0.5],
  },
  {
    title: "MaxPooling2D, same: padding is no 0",
    shape: [1, 3, 1],
    layers: [["MaxPooling2D", { pool_size: [1, 2], strides: [1, 2], padding: "same" }]],
    sample: [-1, -2, -3],
    expected: [-1, -3],
  },
  {
    title: "AveragePooling2D, same: padding does not count",
    shape: [1, 3, 1],
    layers: [["AveragePooling2D", { pool_size: [1, 2], strides: [1, 2], padding: "same" }]],
    sample: [1, 3, 5],
    expected: [2, 5],
  },
  {
    title: "GlobalAveragePooling2D",
    shape: [1, 2, 2],
    layers: [["GlobalAveragePooling2D"]],
    sample: [1, 2, 3, 8],
    expected: [2, 5],
  },
  {
    title: "GlobalMaxPooling1D",
    shape: [2, 2],
    layers: [["GlobalMaxPooling1D"]],
    sample: [1, 8, 3, 2],
    expected: [3, 8],
  },
  {
    title: "BatchNormalization",
    shape: [2],
    layers: [["BatchNormalization", { axis: [1], epsilon: 1 }]],
    weights: {
      "batchnormalization/gamma": [[2], [2, 3]],
      "batchnormalization/beta": [[2], [10, 20]],
      "batchnormalization/moving_mean": [[2], [1, 2]],
      "batchnormalization/moving_variance": [[2], [3, 8]],
    },
    sample: [5, 8],
    expected: [2 * (4 / 2) + 10, 3 * (6 / 3) + 20],
  },
  {
    title: "BatchNormalization, neither scaled nor centred",
    shape: [1, 1, 1],
    layers: [["BatchNormalization", { axis: 3, scale: false, center: false, epsilon: 1 }]],
    weights: { "batchnormalization/moving_mean": [[1], [1]], "batchnormalization/moving_variance": [[1], [3]] },
    sample: [5],
    expected: [2],
  },
  {
    title: "Rescaling, an offset a channel",
    shape: [1, 2],
    layers: [["Rescaling", { scale: 0.5, offset: [1, 2] }]],
    sample: [10, 20],
    expected: [6, 12],
  },
  {
    title: "Normalization, given",
    shape: [1, 2],
    layers: [["Normalization", { axis: [-1], mean: [[1, 2]], variance: [[4, 9]] }]],
    sample: [5, 8],
    expected: [2, 2],
  },
  {
    title: "Normalization, adapted",
    shape: [2],
    layers: [["Normalization", { axis: [-1] }]],
    weights: { "normalization/mean": [[2], [1, 2]], "normalization/variance": [[2], [4, 9]] },
    sample: [5, 8],
    expected: [2, 2],
  },
  {
    title: "Reshape",
    shape: [4],
    layers: [
      ["Reshape", { target_shape: [2, -1, 1] }],
      [
        "ZeroPadding2D",
        {
          padding: [
            [1, 0],
            [0, 1],
          ],
        },
      ],
    ],
    sample: upTo(4),
    expected: [0, 0, 0, 1, 2, 0, 3, 4, 0],
  },
  {
    title: "Permute",
    shape: [2, 3],
    layers: [["Permute", { dims: [2, 1] }]],
    sample: upTo(6),
    expected: [1, 4, 2, 5, 3, 6],
  },
  {
    title: "ZeroPadding1D",
    shape: [1, 1],
    layers: [["ZeroPadding1D", { padding: [1, 2] }]],
    sample: [7],
    expected: [0, 7, 0, 0],
  },
  {
    title: "Cropping2D",
    shape: [3, 3, 1],
    layers: [
      [
        "Cropping2D",
        {
          cropping: [
            [1, 0],
            [0, 2],
          ],
        },
      ],
    ],
    sample: upTo(9),
    expected: [4, 7],
  },
  {
    title: "Dropout",
    shape: [2],
    layers: [
      ["Dropout", { rate: 0.5 }],
      ["GaussianNoise", { stddev: 1 }],
    ],
    sample: [1, 2],
    expected: [1, 2],
  },
  { title: "ReLU", shape: [2], layers: [["ReLU", {}]], sample: [-1, 9], expected: [0, 9] },
  {
    title: "ReLU, max_value",
    shape: [3],
    layers: [["ReLU", { max_value: 6 }]],
    sample: [-1, 3, 9],
    expected: [0, 3, 6],
  },
  {
    title: "ReLU, negative_slope",
    shape: [2],
    layers: [["ReLU", { negative_slope: 0.25 }]],
    sample: [-1, 9],
    expected: [-0.25, 9],
  },
  {
    title: "LeakyReLU",
    shape: [2],
    layers: [["LeakyReLU", { alpha: { class_name: "__numpy__", type: "ndarray", value: 0.5 } }]],
    sample: [-1, 9],
    expected: [-0.5, 9],
  },
  {
    title: "LeakyReLU of Keras 3",
    shape: [1],
    layers: [["LeakyReLU", { negative_slope: 0.5 }]],
    sample: [-1],
    expected: [-0.5],
  },
  { title: "ELU", shape: [2], layers: [["ELU", { alpha: 2 }]], sample: [-Math.log(2), 9], expected: [-1, 9] },
  {
    title: "Softmax",
    shape: [2],
    layers: [["Softmax", { axis: -1 }]],
    sample: [0, Math.log(3)],
    expected: [0.25, 0.75],
  },
  ...(
    [
      ["linear", [-2, 2]],
      ["relu6", [0, 2]],
      ["sigmoid", [1 / (1 + Math.exp(2)), 1 / (1 + Math.exp(-2))]],
      ["tanh", [-Math.tanh(2), Math.tanh(2)]],
      ["swish", [-2 / (1 + Math.exp(2)), 2 / (1 + Math.exp(-2))]],
      ["gelu", [-0.0455002639, 1.9544997361]],
      ["gelu_new", [-0.0454022873, 1.9545977127]],
      ["hard_sigmoid", [0.1, 0.9]],
      ["hard_silu", [-1 / 3, 5 / 3]],
      ["leaky_relu", [-0.4, 2]],
      ["log_softmax", [-Math.log(1 + Math.exp(4)), -Math.log(1 + Math.exp(-4))]],
      [{ class_name: "function", config: "relu", module: "builtins" }, [0, 2]],
      [{ class_name: "ReLU", config: { max_value: 1 } }, [0, 1]],
    ] as const
  ).map(
    ([name, expected]): Case => ({
      title: `Activation ${JSON.stringify(name)}`,
      shape: [2],
      layers: [activation(name)],
      sample: [-2, 2],
      expected,
    }),
  ),
  {
    title: "hard_sigmoid of Keras 3",
    shape: [2],
    layers: [activation("hard_sigmoid")],
    version: "3.4.1",
    sample: [-2, 2],
    expected: [1 / 6, 5 / 6],
  },
];

test.each(WORKED)("$title", ({ shape, layers, weights, sample, expected, version = "2.7.0" }) => {
  const result = resultOf(networkOf(sequential(shape, ...layers), weights, version), sample);
  expect(result).toHaveLength(expected.length);
  result.forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 5));
});

describe("what is not read is refused", () => {
  const dense: TestWeights = {
    "dense/kernel": [
      [2, 1],
      [1, 1],
    ],
    "dense/bias": [[1], [0]],
  };
  test.each<[string, readonly number[], TestLayer, RegExp, LesionError["code"], TestWeights?]>([
    ["an unknown class", [2], ["LSTM", { units: 4 }], /layer "lstm" \(LSTM\).*reads "x" \[batch, 2\]/, "unsupported"],
    [
      "channels first",
      [3, 4, 4],
      ["Conv2D", { filters: 1, kernel_size: 1, data_format: "channels_first" }],
      /channels_first/,
      "unsupported",
    ],
    ["an unknown activation", [2], ["Dense", { units: 1, activation: "softsign" }], /"softsign"/, "unsupported", dense],
    ["an activation by a name every object has", [2], activation("toString"), /"toString"/, "unsupported"],
    [
      "a ReLU of all kinds",
      [2],
      ["ReLU", { max_value: 6, negative_slope: 0.1 }],
      /slope 0.1 and maximum 6/,
      "unsupported",
    ],
    ["batch norm of another axis", [4, 4, 3], ["BatchNormalization", { axis: [1] }], /axis \[1\]/, "unsupported"],
    ["softmax of another axis", [4, 3], ["Softmax", { axis: 1 }], /axis 1/, "unsupported"],
    ["no units", [2], ["Dense", {}], /no "units"/, "bad-model"],
    ["units that are text", [2], ["Dense", { units: "many" }], /"units": "many"/, "bad-model"],
    ["too many units", [2], ["Dense", { units: 1e12 }], /1000000000000/, "bad-model"],
    ["weights that are not there", [2], ["Dense", { units: 1 }], /no "kernel" for layer "dense"/, "bad-model"],
    ["weights of another shape", [3], ["Dense", { units: 1 }], /\[2, 1\].*needs \[3, 1\]/, "bad-model", dense],
    ["a window of 0", [4, 4, 1], ["MaxPooling2D", { pool_size: [0, 2] }], /pool_size/, "bad-model"],
    ["a window larger than its input", [2, 2, 1], ["MaxPooling2D", { pool_size: 3 }], /maxpooling2d/, "bad-model"],
    ["an image without channels", [4, 4], ["MaxPooling2D", {}], /\[height, width, channels\]/, "bad-model"],
    ["a shape that does not fit", [4], ["Reshape", { target_shape: [3, -1] }], /\[3, -1\] of \[4\]/, "bad-model"],
    ["cropping all", [2, 2, 1], ["Cropping2D", { cropping: 1 }], /leaves \[0, 0, 1\]/, "bad-model"],
    ["negative padding", [2, 2, 1], ["ZeroPadding2D", { padding: -1 }], /padding -1/, "bad-model"],
  ])("%s", (_, shape, layer, says, code, weights = {}) => {
    const read = () => networkOf(sequential(shape, layer), weights);
    expect(read).toThrow(LesionError);
    expect(read).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(says), fix: expect.any(String) }),
    );
  });
});
