/** Keras' two files, written with the HDF5 library in the layouts of Keras 2 and Keras 3, whole and damaged. */

import fc from "fast-check";
import { zipSync } from "fflate";
import * as hdf5 from "h5wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { LesionError } from "../../core/errors.ts";
import { bytesOf } from "../model-files.test-support.ts";
import { readKerasArchive } from "./archive.ts";
import { readKerasH5 } from "./h5.ts";
import { resultOf, sequential } from "./model.test-support.ts";

beforeAll(() => hdf5.ready);

type Values = Readonly<Record<string, readonly [shape: number[], values: number[]]>>;

/** An HDF5 file: data sets by path, lists of texts and texts by "group@attribute". */
function hdf5File(floats: Values, attributes: Readonly<Record<string, string | string[]>> = {}): Uint8Array {
  const file = new hdf5.File("/test.h5", "w");
  const groupOf = (path: string) => {
    let group: hdf5.Group = file;
    for (const name of path.split("/").filter((part) => part !== "")) {
      const inner = group.get(name);
      group = inner instanceof hdf5.Group ? inner : group.create_group(name);
    }
    return group;
  };
  for (const [path, [shape, values]] of Object.entries(floats)) {
    const at = path.lastIndexOf("/");
    groupOf(path.slice(0, at)).create_dataset({ name: path.slice(at + 1), data: Float32Array.from(values), shape });
  }
  for (const [key, value] of Object.entries(attributes)) {
    const [group = "", name = ""] = key.split("@");
    groupOf(group).create_attribute(name, value);
  }
  file.close();
  const { FS } = hdf5.Module;
  const bytes = Uint8Array.from(FS.readFile("/test.h5"));
  FS.unlink("/test.h5");
  return bytes;
}

const inner = { ...sequential([2], ["Dense", { name: "deep", units: 1 }]), name: "nested" };
const model = sequential([2], ["BatchNormalization", { name: "bn", epsilon: 1 }], ["Dense", { name: "d/1", units: 2 }]);
const nested = {
  ...model,
  config: {
    ...model.config,
    layers: [...model.config.layers, { ...inner, config: { ...inner.config, name: "nested" } }],
  },
};

/** x = [5, 8]: bn gives [2, 2], d/1 [4 + 1, -4], deep 5 * 10 - 4 * 1 + 0.5. */
const SAMPLE = [5, 8];
const EXPECTED = [46.5];

const keras2 = () =>
  hdf5File(
    {
      "model_weights/bn/bn/gamma:0": [[2], [1, 1]],
      "model_weights/bn/bn/beta:0": [[2], [0, 0]],
      "model_weights/bn/bn/moving_mean:0": [[2], [1, 2]],
      "model_weights/bn/bn/moving_variance:0": [[2], [3, 8]],
      "model_weights/d/1/d/1/kernel:0": [
        [2, 2],
        [1, -1, 1, -1],
      ],
      "model_weights/d/1/d/1/bias:0": [[2], [1, 0]],
      "model_weights/nested/deep/kernel:0": [
        [2, 1],
        [10, 1],
      ],
      "model_weights/nested/deep/bias:0": [[1], [0.5]],
    },
    {
      "@model_config": JSON.stringify(nested),
      "@keras_version": "2.15.0",
      "model_weights/bn@weight_names": ["bn/gamma:0", "bn/beta:0", "bn/moving_mean:0", "bn/moving_variance:0"],
      // Split, as Keras does where the list is long.
      "model_weights/d/1@weight_names0": ["d/1/kernel:0"],
      "model_weights/d/1@weight_names1": ["d/1/bias:0"],
      "model_weights/nested@weight_names": ["deep/kernel:0", "deep/bias:0"],
    },
  );

const keras3 = (root: string) =>
  hdf5File({
    [`${root}/batch_normalization/vars/0`]: [[2], [1, 1]],
    [`${root}/batch_normalization/vars/1`]: [[2], [0, 0]],
    [`${root}/batch_normalization/vars/2`]: [[2], [1, 2]],
    [`${root}/batch_normalization/vars/3`]: [[2], [3, 8]],
    [`${root}/dense/vars/0`]: [
      [2, 2],
      [1, -1, 1, -1],
    ],
    [`${root}/dense/vars/1`]: [[2], [1, 0]],
    [`${root}/sequential/${root}/dense/vars/0`]: [
      [2, 1],
      [10, 1],
    ],
    [`${root}/sequential/${root}/dense/vars/1`]: [[1], [0.5]],
  });

const archive = (root = "layers", more: Readonly<Record<string, Uint8Array>> = {}) =>
  zipSync({
    "metadata.json": bytesOf('{"keras_version": "3.4.1"}'),
    "config.json": bytesOf(JSON.stringify(nested)),
    "model.weights.h5": keras3(root),
    ...more,
  });

describe("an .h5 file", () => {
  test("of Keras 2, with a nested model and long lists", async () => {
    const network = await readKerasH5(keras2(), "net");
    expect(network.name).toBe("net");
    expect(network.layers.map(({ name }) => name)).toEqual(["bn", "d/1", "nested/deep"]);
    resultOf(network, SAMPLE).forEach((value, i) => void expect(value).toBeCloseTo(EXPECTED[i]!, 5));
  });

  test("weights of other names are taken in their order", async () => {
    const config = JSON.stringify(sequential([1], ["Dense", { name: "a", units: 1 }]));
    const weights = { "model_weights/a/w": [[1, 1], [3]], "model_weights/a/b": [[1], [4]] } as const;
    const file = hdf5File(weights as unknown as Values, {
      "@model_config": config,
      "model_weights/a@weight_names": ["w", "b"],
    });
    expect(resultOf(await readKerasH5(file, "net"), [2])).toEqual([10]);
  });

  test.each<[string, () => Uint8Array, RegExp]>([
    [
      "weights of Keras 2 alone",
      () => hdf5File({ "a/a/kernel:0": [[1], [1]] }, { "@layer_names": ["a"] }),
      /weights without the model/,
    ],
    ["weights of Keras 3 alone", () => keras3("layers"), /weights without the model/],
    ["other data", () => hdf5File({ "results/a": [[1], [1]] }), /no Keras model \(in it: results\)/],
  ])("%s is refused with a remedy", async (_, file, says) => {
    await expect(readKerasH5(file(), "net")).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(says),
      fix: expect.stringContaining("model.save"),
    });
  });
});

describe("a .keras file", () => {
  test.each(["layers", "_layer_checkpoint_dependencies"])("with its weights under %s", async (root) => {
    const network = await readKerasArchive(archive(root), "net");
    resultOf(network, SAMPLE).forEach((value, i) => void expect(value).toBeCloseTo(EXPECTED[i]!, 5));
  });

  test.each<[string, Uint8Array, LesionError["code"], RegExp]>([
    ["PyTorch's", zipSync({ "archive/data.pkl": bytesOf("x") }), "unsupported", /PyTorch/],
    ["npz", zipSync({ "a.npy": bytesOf("x") }), "unsupported", /npz/],
    ["a broken zip", bytesOf("PK\x03\x04 and no more"), "bad-file", /zip archive is damaged/],
  ])("%s is refused", async (_, bytes, code, says) => {
    await expect(readKerasArchive(bytes, "net")).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
  });

  test("an archive that claims to unpack to more than it can is refused before it is unpacked", async () => {
    await expect(
      readKerasArchive(archive("layers", { "config.json": new Uint8Array(1 << 25) }), "net"),
    ).rejects.toMatchObject({ code: "bad-file", message: expect.stringMatching(/claims 33554432 bytes/) });
  });

  test("configuration that is no JSON is refused", async () => {
    await expect(readKerasArchive(archive("layers", { "config.json": bytesOf("{") }), "net")).rejects.toMatchObject({
      code: "bad-file",
      where: "config.json",
    });
  });
});

test("a file cut off or changed anywhere is read or refused, never a crash", async () => {
  const whole = keras2();
  await expect(readKerasH5(whole.slice(0, 5000), "net")).rejects.toMatchObject({
    code: "bad-file",
    message: expect.stringMatching(/eof = 5000/),
  });
  const changes = fc.record({ cut: fc.boolean(), at: fc.nat(whole.length - 1), to: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(changes, async ({ cut, at, to }) => {
      const bytes = cut ? whole.slice(0, at) : whole.with(at, to);
      const outcome = await readKerasH5(bytes, "net").catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(LesionError);
    }),
    { seed: 1337, numRuns: 150 },
  );
  // What was damaged before must not harm what is read after.
  expect(resultOf(await readKerasH5(keras2(), "net"), SAMPLE)).toHaveLength(1);
});
