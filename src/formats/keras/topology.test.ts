/** Graphs of layers as Keras 2 and Keras 3 write them: branches, shared layers, models in models, and broken ones. */
import { describe, expect, test } from "vitest";
import { networkOf, resultOf, sequential, type TestWeights } from "./model.test-support.ts";

type Reference = readonly [layer: string, call: number, output: number];
interface Node {
  readonly type: string;
  readonly name: string;
  readonly config?: object;
  /** What each call reads. */
  readonly calls: readonly (readonly Reference[])[];
}

const input = (name: string, shape: readonly number[]) => ({
  class_name: "InputLayer",
  name,
  config: { name, batch_input_shape: [null, ...shape] },
  inbound_nodes: [],
});

const keras2 = (call: readonly Reference[]) => call.map((reference) => [...reference, {}]);
const tensor = (reference: Reference) => ({
  class_name: "__keras_tensor__",
  config: { shape: [null, 1], dtype: "float32", keras_history: reference },
});
/** Layers that merge take one list, the others one tensor. */
const keras3 = (call: readonly Reference[]) => ({
  args: call.length === 1 ? [tensor(call[0]!)] : [call.map(tensor)],
  kwargs: { training: false, mask: null },
});

function functional(
  version: 2 | 3,
  inputs: readonly ReturnType<typeof input>[],
  nodes: readonly Node[],
  outputs: readonly Reference[],
) {
  const layers = nodes.map(({ type, name, config, calls }) => ({
    class_name: type,
    name,
    config: { name, ...config },
    inbound_nodes: version === 2 ? calls.map(keras2) : calls.map(keras3),
  }));
  const input_layers = inputs.map(({ name }) => [name, 0, 0]);
  return {
    class_name: "Functional",
    config: { name: "model", layers: [...inputs, ...layers], input_layers, output_layers: outputs },
  };
}

const X: Reference = ["x", 0, 0];
const dense = (name: string, calls: readonly (readonly Reference[])[]): Node => ({
  type: "Dense",
  name,
  config: { units: 1, use_bias: false },
  calls,
});
const WEIGHTS: TestWeights = { "a/kernel": [[1, 1], [2]], "b/kernel": [[1, 1], [3]] };

describe.each([2, 3] as const)("Keras %i", (version) => {
  test("two branches are added", () => {
    const nodes: Node[] = [
      dense("a", [[X]]),
      dense("b", [[X]]),
      {
        type: "Add",
        name: "sum",
        calls: [
          [
            ["a", 0, 0],
            ["b", 0, 0],
          ],
        ],
      },
    ];
    const network = networkOf(functional(version, [input("x", [1])], nodes, [["sum", 0, 0]]), WEIGHTS);
    expect(network.layers.map(({ name }) => name)).toEqual(["a", "b", "sum"]);
    expect(resultOf(network, [7])).toEqual([35]);
  });

  test("layers listed before what they read, two inputs, the order of the inputs counts", () => {
    const nodes: Node[] = [
      {
        type: "Subtract",
        name: "difference",
        calls: [
          [
            ["a", 0, 0],
            ["y", 0, 0],
          ],
        ],
      },
      dense("a", [[X]]),
    ];
    const inputs = [input("x", [1]), input("y", [1])];
    const network = networkOf(functional(version, inputs, nodes, [["difference", 0, 0]]), WEIGHTS);
    expect(network.inputs.map(({ name }) => name)).toEqual(["x", "y"]);
    expect(resultOf(network, [7], [4])).toEqual([10]);
  });

  test("three values are joined, added, multiplied and averaged", () => {
    const three = [X, ["a", 0, 0], ["b", 0, 0]] as const;
    const nodes: Node[] = [
      dense("a", [[X]]),
      dense("b", [[X]]),
      { type: "Concatenate", name: "joined", config: { axis: 1 }, calls: [three] },
      { type: "Multiply", name: "product", calls: [three] },
      { type: "Average", name: "mean", calls: [three] },
      {
        type: "Concatenate",
        name: "all",
        config: { axis: -1 },
        calls: [
          [
            ["joined", 0, 0],
            ["product", 0, 0],
            ["mean", 0, 0],
          ],
        ],
      },
    ];
    const network = networkOf(functional(version, [input("x", [1])], nodes, [["all", 0, 0]]), WEIGHTS);
    const result = resultOf(network, [1]);
    [1, 2, 3, 6, 2].forEach((value, i) => void expect(result[i]).toBeCloseTo(value, 6));
  });

  test("a layer called twice is there twice, with the same weights", () => {
    const nodes = [dense("a", [[X], [["a", 0, 0]]])];
    const network = networkOf(functional(version, [input("x", [1])], nodes, [["a", 1, 0]]), WEIGHTS);
    expect(network.layers.map(({ name }) => name)).toEqual(["a", "a#2"]);
    expect(resultOf(network, [7])).toEqual([28]);
  });

  // Keras counts the call that made a nested model as its first, and leaves it out of the file.
  test.each([0, 1])("a model within a model, its calls counted from %i", (first) => {
    const inner = functional(version, [input("x", [1])], [dense("a", [[X]])], [["a", 0, 0]]);
    const outer = functional(
      version,
      [input("x", [1])],
      [
        { type: "Functional", name: "inner", calls: [[X], [["inner", first, 0]]] },
        dense("b", [[["inner", first + 1, 0]]]),
      ],
      [["b", 0, 0]],
    );
    Object.assign(outer.config.layers[1]!, { config: { ...inner.config, name: "inner" } });
    const network = networkOf(outer, WEIGHTS);
    expect(network.layers.map(({ name }) => name)).toEqual(["inner/a", "inner/a#2", "b"]);
    expect(resultOf(network, [1])).toEqual([12]);
  });

  test("calls with other arguments are refused", () => {
    const model = functional(version, [input("x", [1])], [dense("a", [[X]])], [["a", 0, 0]]);
    const call = version === 2 ? [["x", 0, 0, { training: true }]] : { args: [tensor(X)], kwargs: { training: true } };
    Object.assign(model.config.layers[1]!, { inbound_nodes: [call] });
    expect(() => networkOf(model, WEIGHTS)).toThrow(
      expect.objectContaining({ code: "unsupported", message: expect.stringMatching(/layer "a".*training = true/) }),
    );
  });
});

test("an operation of Keras 3 with a number is refused, not read without it", () => {
  const model = functional(3, [input("x", [1])], [{ type: "Add", name: "a", calls: [[X]] }], [["a", 0, 0]]);
  Object.assign(model.config.layers[1]!, { inbound_nodes: [{ args: [tensor(X), 3], kwargs: {} }] });
  expect(() => networkOf(model)).toThrow(expect.objectContaining({ message: expect.stringMatching(/called with 3/) }));
});

test("inputs and outputs that stand alone, and calls of one tensor without a list", () => {
  const model = functional(2, [input("x", [1])], [dense("a", [[X]])], [["a", 0, 0]]);
  Object.assign(model.config, { input_layers: ["x", 0, 0], output_layers: ["a", 0, 0] });
  Object.assign(model.config.layers[1]!, { inbound_nodes: [["x", 0, 0, {}]] });
  expect(resultOf(networkOf(model, WEIGHTS), [7])).toEqual([14]);
});

test("a series is kept as an image of height 1, and joined, added and given as Keras counts it", () => {
  const pool: Node = { type: "MaxPooling1D", name: "pool", config: { pool_size: 1 }, calls: [[X]] };
  const nodes: Node[] = [pool, { type: "Add", name: "sum", calls: [[["pool", 0, 0], X]] }];
  const network = networkOf(
    functional(2, [input("x", [2, 1])], nodes, [
      ["pool", 0, 0],
      ["sum", 0, 0],
    ]),
  );
  expect(network.outputs).toEqual(["pool/output", "sum"]);
  expect(resultOf({ ...network, outputs: ["sum"] }, [1, 5])).toEqual([2, 10]);
});

describe("Sequential", () => {
  test("the first layer may tell the shape", () => {
    const layers = [
      { class_name: "Dense", config: { name: "a", units: 1, use_bias: false, batch_input_shape: [null, 1] } },
    ];
    const network = networkOf({ class_name: "Sequential", config: { name: "s", layers } }, WEIGHTS);
    expect(network.inputs).toEqual([{ name: "a_input", shape: [1] }]);
    expect(resultOf(network, [7])).toEqual([14]);
  });

  test("a list of layers alone, as Keras 1 wrote it, and a model in it", () => {
    const inner = sequential([1], ["Dense", { name: "a", units: 1, use_bias: false }]);
    const network = networkOf({ class_name: "Sequential", config: [inner] }, WEIGHTS);
    expect(network.layers.map(({ name }) => name)).toEqual(["test/a"]);
    expect(resultOf(network, [7])).toEqual([14]);
  });

  test("an open size is refused with a remedy", () => {
    const model = sequential([Number.NaN, 3], ["Flatten"]);
    Object.assign(model.config.layers[0]!.config, { batch_input_shape: [null, null, 3] });
    expect(() => networkOf(model)).toThrow(
      expect.objectContaining({ code: "unsupported", message: expect.stringMatching(/"x".*\[\?, 3\]/) }),
    );
  });
});

describe("models that cannot be", () => {
  const one = (nodes: readonly Node[]) => functional(2, [input("x", [1])], nodes, [["a", 0, 0]]);
  let deep: object = sequential([1], ["Dropout"]);
  for (let level = 0; level < 40; level++)
    deep = { class_name: "Sequential", config: { name: `s${level}`, layers: [deep] } };
  /** Models, each of which calls the next twice. */
  const doubling = (levels: number): object => {
    const calls: Node["calls"] = [[X], [["a", 0, 0]]];
    if (levels === 0) return one([{ type: "Dropout", name: "a", calls }]);
    const model = one([{ type: "Functional", name: "a", calls }]);
    return Object.assign(model, {
      config: {
        ...model.config,
        layers: [model.config.layers[0], { ...model.config.layers[1], ...doubling(levels - 1) }],
      },
    });
  };
  test.each<[string, unknown, RegExp]>([
    ["no model", null, /configuration is null/],
    ["a model that is code", { class_name: "ResNet", config: {} }, /"ResNet"/],
    ["a layer that reads itself", one([dense("a", [[["a", 0, 0]]])]), /reads its own result/],
    ["a layer that reads nothing there", one([dense("a", [[["b", 0, 0]]])]), /"b", call 0, which is not there/],
    ["an output that is not there", functional(2, [input("x", [1])], [], [["a", 0, 0]]), /reads output 0 of "a"/],
    ["two layers of one name", one([dense("a", [[X]]), dense("a", [[X]])]), /"a" is used twice/],
    ["models nested without end", deep, /nested \d+ models deep/],
    ["models that call models", doubling(16), /more than 16384 calls/],
    ["no layers", { class_name: "Sequential", config: { name: "s", layers: [] } }, /no layers/],
    ["a layer that is none", { class_name: "Sequential", config: { name: "s", layers: [7] } }, /layer 0 .* is 7/],
  ])("%s", (_, model, says) => {
    expect(() => networkOf(model, WEIGHTS)).toThrow(
      expect.objectContaining({ name: "LesionError", message: expect.stringMatching(says), fix: expect.any(String) }),
    );
  });
});
