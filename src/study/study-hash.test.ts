import { expect, test } from "vitest";
import { canonicalJson, sha256 } from "../core/hash.ts";
import { defaultStudyDocument } from "./defaults.ts";
import { parseStudy } from "./schema.ts";
import { hashOfStudy, modelForHash } from "./study-hash.ts";

const sweeps = [{ ablate: "each-unit" }];
const hashOf = (document: object) => hashOfStudy(parseStudy({ sweeps, ...document }));

test("a study that says what it would be anyway has the hash that it had before there was a choice", async () => {
  expect(await hashOf({ site: "post-activation" })).toBe(await hashOf({}));
  expect(await hashOf({ recover: null })).toBe(await hashOf({}));
  expect(await hashOf({ model: { train: { clip: null, checkpoint: 10 } } })).toBe(await hashOf({}));
});

test.each([
  ["the least study", {}, "17d5e0900521cdf3"],
  ["the default study", defaultStudyDocument, "417aae90af754b99"],
  [
    "another network and optimizer",
    {
      model: {
        build: { input: 20, layers: [{ units: 3, bias: true }], init: "glorot" },
        train: { optimizer: { kind: "adam" }, limit: 5 },
      },
    },
    "a30dabc864b56b38",
  ],
  ["a model from a file", { model: { file: "a.onnx", initial: "b.onnx" } }, "19ae834cd9bf6163"],
])("%s has the hash of the first version", async (_, document, hash) => {
  expect((await hashOf(document)).slice(0, 16)).toBe(hash);
});

test("a model has the hash of the first version", async () => {
  const { model, seed } = parseStudy({ sweeps });
  expect(await sha256(canonicalJson({ model: modelForHash(model), seed }))).toMatch("f4d65f1986d5e57e");
});

test("what came later counts where it is used", async () => {
  const train = (options: object) => ({ model: { train: options } });
  const documents = [
    {},
    train({ schedule: "cosine" }),
    train({ optimizer: { nesterov: true } }),
    train({ networks: 2 }),
    { model: { build: { layers: [{ units: 20, batchNorm: true }, { units: 10 }, { units: 10 }] } } },
    { model: { build: { input: [28, 28, 1] } } },
    { recover: {} },
    { recover: { epochs: 6 } },
  ];
  const hashes = await Promise.all(documents.map(hashOf));
  expect(new Set(hashes).size).toBe(documents.length);
});

test("another site is another study", async () => {
  const hashes = [
    await hashOf({}),
    await hashOf({ site: "pre-activation" }),
    await hashOf({ sweeps: [{ ablate: "each-unit", site: "pre-activation" }] }),
    await hashOf({ seed: 2 }),
  ];
  expect(new Set(hashes).size).toBe(4);
});
