/** Simplification: each rewrite by example, what must be left alone, and the same function on any graph. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Random, random } from "../core/random.ts";
import { evaluateNetwork } from "../reference/evaluate-network.ts";
import { evaluate } from "./evaluate.test-support.ts";
import {
  act,
  bias,
  constant,
  drawing,
  globalPool,
  join,
  net,
  pad,
  plain,
  pool,
  reshape,
  transpose,
  window,
} from "./layers.fixture.ts";
import { type BinaryLayer, type DenseLayer, type Layer, LINEAR, type Network, RELU, RELU6 } from "./network.ts";
import { inferShapes, type Shape, sizeOf } from "./shapes.ts";
import { simplify } from "./simplify.ts";
import { validateNetwork } from "./validate.ts";

const { dense, conv, norm, scale, numbers, quantized } = drawing(random(7, "simplify"));
const IMAGE = [4, 5, 2];
const kindsOf = (network: Network) => simplify(network).layers.map(({ kind, name }) => `${kind} ${name}`);

/** Both give the same for one sample, up to rounding. */
function expectSame(network: Network, changed = simplify(network)): void {
  const sample = numbers(sizeOf(network.inputs[0]!.shape));
  const expected = evaluate(network, sample);
  const found = evaluate(changed, sample);
  expect(found.length).toBe(expected.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(expected[i]!)));
  });
}

describe("dense layers", () => {
  test("take in bias and activation, and keep their names", () => {
    const first = dense("d", "x", 3, 2);
    const layers = [
      plain("identity", "i", "x"),
      { ...first, inputs: ["i"] },
      bias("b", "d", [1, 2]),
      plain("identity", "j", "b"),
      act("a", "j", RELU),
    ];
    expect(simplify(net(layers))).toEqual(net([{ ...first, bias: Float32Array.of(1, 2), activation: RELU }], ["d"]));
  });

  test("sum biases", () => {
    const first = { ...dense("d", "x", 3, 2), bias: Float32Array.of(10, 20) };
    const [layer] = simplify(net([first, bias("b", "d", [1, 2]), bias("c", "b", [3, 4])])).layers;
    expect(layer).toMatchObject({ name: "d", bias: Float32Array.of(14, 26) });
  });

  test("keep quantised weights until a factor must go into them", () => {
    const layer = { ...dense("d", "x", 3, 2), weight: quantized(6) };
    const [kept] = simplify(net([layer, bias("b", "d", [1, 2])])).layers as [DenseLayer];
    expect(kept.weight).toBe(layer.weight);
    const [expanded] = simplify(net([layer, norm("n", "d", 2)])).layers as [DenseLayer];
    expect(expanded.weight).toBeInstanceOf(Float32Array);
    expectSame(net([layer, norm("n", "d", 2)]));
  });
});

describe("what stays", () => {
  test.each([
    ["a second activation", net([dense("d", "x", 3, 2, RELU), act("a", "d", RELU)])],
    ["what is an output too", net([dense("d", "x", 3, 2), act("a", "d", RELU)], ["d", "a"])],
    ["an identity that makes an input an output", net([plain("identity", "i", "x")])],
    ["a scale before a convolution", net([scale("s", "x", 2), conv("c", "s", 2, 3, window(3))], undefined, IMAGE)],
    ["a constant divided by what is computed", net([constant("k", [1], [2]), join("q", ["k", "x"], "divide")])],
    ["division by zero", net([constant("k", [1], [0]), join("q", ["x", "k"], "divide")])],
    ["a constant larger than what it meets", net([constant("k", [2, 3], [1, 2, 3, 4, 5, 6]), join("s", ["x", "k"])])],
    [
      "zeros before a maximum",
      net([pad("p", "x", [1, 1, 0, 1, 1, 0]), pool("m", "p", 2, { pool: "max" })], undefined, IMAGE),
    ],
    [
      "a pad of other numbers",
      net([pad("p", "x", [1, 1, 0, 0, 0, 0], { value: 1 }), conv("c", "p", 2, 2)], undefined, IMAGE),
    ],
    ["a pad of channels", net([pad("p", "x", [0, 0, 1, 0, 0, 0]), conv("c", "p", 3, 2)], undefined, IMAGE)],
    [
      "zeros that an average would not count otherwise",
      net(
        [
          pad("p", "x", [1, 1, 0, 1, 1, 0]),
          pool("a", "p", 3, window(3, { padding: { top: 1, left: 1, bottom: 1, right: 1 } })),
        ],
        undefined,
        IMAGE,
      ),
    ],
    [
      "global pool and flatten",
      net([globalPool("g", "x"), plain("flatten", "f", "g"), dense("d", "f", 2, 2)], undefined, IMAGE),
    ],
  ])("%s", (_, network) => {
    expect(simplify(network)).toEqual(network);
  });

  test("a batch norm after an activation, or of what others read, as a scale", () => {
    const read = [dense("d", "x", 3, 2), norm("n", "d", 2), join("s", ["n", "d"])];
    expect(kindsOf(net(read))).toEqual(["dense d", "scale n", "binary s"]);
    expect(kindsOf(net([dense("d", "x", 3, 2, RELU), bias("b", "d", [1, 2])]))).toEqual(["dense d", "scale b"]);
    expectSame(net(read));
  });

  test("coefficients that f32 cannot hold", () => {
    const layers = [dense("d", "x", 3, 2), { ...norm("n", "d", 2), gamma: Float32Array.of(3e38, 1), epsilon: 0 }];
    const tiny = { ...layers[1], variance: Float32Array.of(1e-30, 1) } as Layer;
    expect(kindsOf(net([layers[0]!, tiny]))).toEqual(["dense d", "batch-norm n"]);
  });
});

describe("convolutions", () => {
  test("take in batch norm, bias and activation: w gamma / sqrt(variance + epsilon)", () => {
    const first = { ...conv("c", "x", 2, 2), weight: Float32Array.of(1, 2, 3, 4), bias: Float32Array.of(5, 6) };
    const batch: Layer = {
      ...norm("n", "c", 2),
      gamma: Float32Array.of(2, 3),
      beta: Float32Array.of(1, -1),
      mean: Float32Array.of(4, 2),
      variance: Float32Array.of(3, 8),
      epsilon: 1,
    };
    const network = net([first, batch, act("a", "n", RELU6)], undefined, IMAGE);
    expect(simplify(network).layers).toEqual([
      { ...first, weight: Float32Array.of(1, 2, 3, 4), bias: Float32Array.of(2, 3), activation: RELU6 },
    ]);
    expectSame(network);
  });

  test("fold groups, and depthwise ones", () => {
    const layers = [
      conv("c", "x", 2, 4, { ...window(3), groups: 2 }),
      norm("n", "c", 4),
      conv("e", "n", 4, 4, { ...window(2), groups: 4 }),
      scale("s", "e", 4, RELU),
    ];
    const network = net(layers, undefined, IMAGE);
    expect(kindsOf(network)).toEqual(["conv2d c", "conv2d e"]);
    expectSame(network);
  });

  test("take zeros around the image into their padding, and averages too where they count them", () => {
    const zeros = pad("p", "x", [1, 0, 0, 2, 1, 0]);
    const strided = window(3, { stride: [2, 1], padding: { top: 0, left: 1, bottom: 0, right: 0 } });
    const network = net([zeros, conv("c", "p", 2, 2, strided)], undefined, IMAGE);
    expect(simplify(network).layers).toMatchObject([{ name: "c", padding: { top: 1, left: 1, bottom: 2, right: 1 } }]);
    expectSame(network);
    const average = net([zeros, pool("a", "p", 2)], undefined, IMAGE);
    expect(simplify(average).layers).toMatchObject([
      { name: "a", padding: { top: 1, left: 0, bottom: 2, right: 1 }, countIncludePad: true },
    ]);
    expectSame(average);
  });

  test("leave a pad whose folding would drop a window", () => {
    // Of 6 columns the third window begins at the last, which is padding: kept while the pad is a layer.
    const hanging = pool("a", "p", 2, { stride: [1, 4], ceilMode: true, countIncludePad: true });
    const network = net([pad("p", "x", [0, 0, 0, 0, 4, 0]), hanging], undefined, IMAGE);
    expect(inferShapes(network).get("a")).toEqual([3, 3, 2]);
    expect(simplify(network)).toEqual(network);
  });
});

describe("constants", () => {
  test.each<[BinaryLayer["operator"], boolean]>(
    (["add", "subtract", "multiply", "divide"] as const).flatMap((operator) => [
      [operator, false],
      [operator, true],
    ]),
  )("%s with one number a channel folds (constant on the left: %s)", (operator, left) => {
    const inputs = left ? ["k", "c"] : ["c", "k"];
    for (const shape of [[2], [1, 1, 2], [1], []]) {
      const values = [3, -2].slice(0, sizeOf(shape));
      const layers = [
        conv("c", "x", 2, 2),
        constant("k", shape, values),
        join("j", inputs, operator),
        act("a", "j", RELU),
      ];
      const network = net(layers, undefined, IMAGE);
      if (!(left && operator === "divide")) expect(kindsOf(network)).toEqual(["conv2d c"]);
      expectSame(network);
    }
  });

  test("of constants are computed", () => {
    const layers = [
      constant("k", [2, 1], [1, 2]),
      constant("l", [3], [10, 20, 30]),
      join("s", ["k", "l"], "subtract"),
      transpose("t", "s", [1, 0]),
      reshape("r", "t", [2, 3]),
      act("a", "r", RELU6),
      join("y", ["a", "x"]),
    ];
    const network = net(layers, undefined, [2, 3]);
    expect(simplify({ ...network, outputs: ["y"] }).layers).toEqual([
      constant("a", [2, 3], [0, 0, 0, 0, 0, 0]),
      { ...join("y", ["a", "x"]) },
    ]);
    expect(simplify(net(layers.slice(0, 5), undefined, [2, 3])).layers).toEqual([
      constant("r", [2, 3], [-9, -8, -19, -18, -29, -28]),
    ]);
  });
});

describe("moves of numbers", () => {
  test("that undo each other go, also past reshapes that do nothing", () => {
    const layers = [
      transpose("t", "x", [2, 0, 1]),
      reshape("r", "t", [2, 4, 5]),
      transpose("u", "r", [1, 2, 0]),
      plain("flatten", "f", "u"),
      reshape("v", "f", [5, 4, 2]),
      reshape("w", "v", IMAGE),
      conv("c", "w", 2, 2),
    ];
    expect(kindsOf(net(layers, undefined, IMAGE))).toEqual(["conv2d c"]);
  });

  test("of axes of one number are reshapes", () => {
    const layers = [globalPool("g", "x"), transpose("t", "g", [2, 0, 1]), plain("flatten", "f", "t")];
    expect(kindsOf(net(layers, undefined, IMAGE))).toEqual(["global-pool g", "flatten f"]);
  });

  test("that take a part of a part take it at once", () => {
    const part = (name: string, input: string, starts: number[], steps: number[], sizes: number[]): Layer => {
      return { kind: "slice", name, inputs: [input], starts, steps, sizes };
    };
    const layers = [part("s", "x", [3, 1, 0], [-1, 2, 1], [4, 2, 2]), part("t", "s", [1, 1, 1], [2, -1, 1], [2, 2, 1])];
    const network = net(layers, undefined, IMAGE);
    expect(simplify(network).layers).toEqual([part("t", "x", [2, 3, 1], [-2, -2, 1], [2, 2, 1])]);
    expectSame(network);
  });

  test.each([
    ["flatten", (input: string): Layer => plain("flatten", "f", input)],
    ["reshape", (input: string): Layer => reshape("f", input, [40])],
  ])("before a %s and a dense layer go into its weights", (kind, flat) => {
    const layers = [transpose("t", "x", [2, 0, 1]), flat("t"), dense("d", "f", 40, 3), bias("b", "d", [1, 2, 3])];
    const network = net(layers, undefined, IMAGE);
    expect(kindsOf(network)).toEqual([`${kind} f`, "dense d"]);
    expectSame(network);
    const small = { ...(layers[2] as DenseLayer), weight: quantized(120) };
    const packed = net([layers[0]!, layers[1]!, small], undefined, IMAGE);
    expect((simplify(packed).layers[1] as DenseLayer).weight).not.toBeInstanceOf(Float32Array);
    expectSame(packed);
  });
});

describe("graphs", () => {
  test("lose what no output needs, and keep other readers' values", () => {
    const layers = [
      conv("c", "x", 2, 2),
      act("a", "c", RELU),
      norm("n", "c", 2),
      conv("unused", "a", 2, 9),
      join("s", ["a", "n"]),
      act("b", "s", RELU),
      { kind: "concat", name: "k", inputs: ["b"], axis: 2 } as Layer,
    ];
    const network = net(layers, undefined, IMAGE);
    expect(kindsOf(network)).toEqual(["conv2d c", "activation a", "scale n", "binary s"]);
    expect(simplify(network).outputs).toEqual(["s"]);
    expectSame(network);
  });

  test("a block of a residual network is two convolutions and a sum", () => {
    const same = window(3, { padding: { top: 1, left: 1, bottom: 1, right: 1 } });
    const layers = [
      conv("c1", "x", 2, 2, same),
      norm("n1", "c1", 2),
      act("a1", "n1", RELU),
      conv("c2", "a1", 2, 2, same),
      norm("n2", "c2", 2),
      join("s", ["n2", "x"]),
      act("a2", "s", RELU),
    ];
    expect(kindsOf(net(layers, undefined, IMAGE))).toEqual(["conv2d c1", "conv2d c2", "binary s"]);
    expectSame(net(layers, undefined, IMAGE));
  });

  test("deep chains of nothing go in one walk", () => {
    const chain = Array.from({ length: 5000 }, (_, i) => plain("identity", `i${i}`, i === 0 ? "x" : `i${i - 1}`));
    expect(simplify(net([...chain, dense("d", "i4999", 3, 2)])).layers.length).toBe(1);
  });
});

test("computes the same function, on any graph", () => {
  const steps = fc.record({ kind: fc.constantFrom(...STEPS), back: fc.nat(3), other: fc.nat(9), seed: fc.nat() });
  const inputs = fc.constantFrom<Shape>([4, 5, 2], [3, 3, 4], [6], [1, 2, 3]);
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 12 }), inputs, fc.nat(9), (nodes, shape, pick) => {
      const graph = growing(shape);
      for (const { kind, back, other, seed } of nodes) graph.grow(kind, back, other, random(seed));
      const outputs = [...new Set([graph.layers.at(-1)!.name, graph.layers[pick % graph.layers.length]!.name])];
      const network = net(graph.layers, outputs, shape);
      validateNetwork(network);
      const simple = simplify(network);
      validateNetwork(simple);
      expect(simple.layers.length).toBeLessThanOrEqual(graph.layers.length);
      expect(simple.layers.filter(({ kind }) => kind === "batch-norm" || kind === "bias")).toEqual([]);
      expect(simplify(simple)).toBe(simple);

      const feeds = new Map([["x", numbers(2 * sizeOf(shape))]]);
      const before = evaluateNetwork(network, feeds, 2);
      const after = evaluateNetwork(simple, feeds, 2);
      let largest = 1;
      for (const values of before.values()) for (const value of values) largest = Math.max(largest, Math.abs(value));
      outputs.forEach((name, i) => {
        const found = after.get(simple.outputs[i]!)!;
        before.get(name)!.forEach((value, j) => {
          expect(Math.abs(found[j]! - value)).toBeLessThanOrEqual(1e-5 * largest);
        });
      });
    }),
    { seed: 1337, numRuns: 300 },
  );
});

const STEPS = [
  "conv",
  "grouped",
  "norm",
  "bias",
  "scale",
  "activation",
  "linear",
  "identity",
  "add",
  "with constant",
  "constants",
  "concat",
  "pool",
  "global",
  "transpose",
  "reshape",
  "flatten",
  "dense",
  "pad",
  "slice",
  "lrn",
  "softmax",
] as const;

/** A graph that grows layer by layer, each of a shape that fits. */
function growing(input: Shape) {
  const layers: Layer[] = [];
  const shapes = new Map<string, Shape>([["x", input]]);
  const put = (layer: Layer): string => {
    layers.push(layer);
    shapes.set(layer.name, inferShapes(net(layers, undefined, input)).get(layer.name)!);
    return layer.name;
  };

  const grow = (kind: (typeof STEPS)[number], back: number, other: number, draw: Random): void => {
    const make = drawing(draw);
    const names = [...shapes.keys()].filter((candidate) => shapes.get(candidate)!.length > 0);
    const source = names[Math.max(0, names.length - 1 - back)]!;
    const shape = shapes.get(source)!;
    const channels = shape.at(-1)!;
    const [height = 1, width = 1] = shape;
    const name = `l${layers.length}`;
    const activation = [RELU, RELU6, { kind: "tanh", alpha: 0 }, { kind: "elu", alpha: 0.5 }] as const;
    const isImage = shape.length === 3;
    const alike = names.filter((candidate) => shapes.get(candidate)!.join() === shape.join());
    const twin = alike[other % alike.length]!;
    const sides = () => ({ top: draw.below(2), left: draw.below(2), bottom: draw.below(2), right: draw.below(2) });
    const fit = Math.min(2, height, width);
    const windowed = window(1 + draw.below(fit), { stride: [1 + draw.below(2), 1 + draw.below(2)], padding: sides() });

    switch (kind) {
      case "conv":
        if (isImage) put(make.conv(name, source, channels, 1 + draw.below(4), windowed));
        break;
      case "grouped":
        if (isImage) put(make.conv(name, source, channels, channels, { ...windowed, groups: channels }));
        break;
      case "norm":
        put(make.norm(name, source, channels));
        break;
      case "bias":
        put(bias(name, source, [...make.numbers(channels)]));
        break;
      case "scale":
        put(make.scale(name, source, channels, [LINEAR, ...activation][draw.below(3)]));
        break;
      case "activation":
        put(act(name, source, activation[draw.below(4)]!));
        break;
      case "linear":
        put(act(name, source, LINEAR));
        break;
      case "identity":
        put(plain("identity", name, source));
        break;
      case "add":
        put(join(name, [source, twin], (["add", "subtract"] as const)[draw.below(2)]));
        break;
      case "with constant": {
        const spread = [[channels], [1, 1, channels].slice(-shape.length), [1], [], shape][draw.below(5)]!;
        const number = put(make.filled(name, spread));
        const operator = (["add", "subtract", "multiply", "divide"] as const)[draw.below(4)]!;
        const inputs = draw.below(2) === 0 || operator === "divide" ? [source, number] : [number, source];
        put(join(`${name}/with`, inputs, operator));
        break;
      }
      case "constants": {
        const one = put(make.filled(`${name}/one`, [channels, 1]));
        const many = put(make.filled(`${name}/many`, [2]));
        const both = put(join(`${name}/both`, [one, many], "multiply"));
        const turned = put(transpose(`${name}/turned`, both, [1, 0]));
        const half = put({
          kind: "slice",
          name: `${name}/half`,
          inputs: [turned],
          starts: [1, 0],
          steps: [1, 1],
          sizes: [1, channels],
        });
        const flat = put(reshape(`${name}/flat`, half, [channels]));
        put(join(name, [source, flat], "add"));
        break;
      }
      case "concat":
        if (sizeOf(shape) > 60) break;
        put({
          kind: "concat",
          name,
          inputs: draw.below(3) === 0 ? [source] : [source, twin],
          axis: draw.below(shape.length),
        });
        break;
      case "pool": {
        const padding = windowed.kernel[0] === 1 ? window(1).padding : windowed.padding;
        const choice = {
          pool: (["max", "average", "average"] as const)[draw.below(3)]!,
          ceilMode: draw.below(2) === 0,
        };
        if (isImage)
          put(pool(name, source, 1, { ...windowed, padding, ...choice, countIncludePad: draw.below(2) === 0 }));
        break;
      }
      case "global":
        if (isImage) put(globalPool(name, source));
        break;
      case "transpose":
        put(transpose(name, source, [...draw.permutation(shape.length)]));
        break;
      case "reshape":
        put(reshape(name, source, [shape, shape.toReversed(), [sizeOf(shape)], [1, 1, sizeOf(shape)]][draw.below(4)]!));
        break;
      case "flatten":
        put(plain("flatten", name, source));
        break;
      case "dense": {
        const turn = isImage && draw.below(2) === 0 ? put(transpose(`${name}/turn`, source, [2, 0, 1])) : source;
        const flat = draw.below(2) === 0 ? put(plain("flatten", `${name}/flat`, turn)) : turn;
        put(make.dense(name, flat, shapes.get(flat)!.at(-1)!, 1 + draw.below(5)));
        break;
      }
      case "pad": {
        const channelsToo = draw.below(4) === 0;
        const sizes = [...shape, ...shape].map((_, i) =>
          i % shape.length === shape.length - 1 && !channelsToo ? 0 : draw.below(3),
        );
        put(pad(name, source, sizes, { mode: draw.below(4) === 0 ? "edge" : "constant" }));
        break;
      }
      case "slice": {
        const whole = draw.below(2) === 0;
        const sizes = whole ? shape : shape.map((size) => Math.ceil(size / 2));
        const steps = shape.map(() => (whole ? 1 : 2));
        put({ kind: "slice", name, inputs: [source], starts: shape.map(() => 0), steps, sizes });
        break;
      }
      case "lrn":
        put({ kind: "lrn", name, inputs: [source], size: 3, alpha: 0.1, beta: 0.75, bias: 1 });
        break;
      case "softmax":
        put({ kind: "softmax", name, inputs: [source], log: false });
        break;
    }
    if (layers.length === 0) put(plain("identity", name, "x"));
  };
  return { layers, grow };
}
