import { expect, test } from "vitest";
import { canonicalJson, sha256 } from "../core/hash.ts";
import { parseStudy } from "./schema.ts";
import { hashOfStudy } from "./study-hash.ts";

const sweeps = [{ ablate: "each-unit" }];
const hashOf = (document: object) => hashOfStudy(parseStudy({ sweeps, ...document }));

test("a study that says what it would be anyway has the hash that it had before there was a choice", async () => {
  const { site: _, ...earlier } = parseStudy({ sweeps });
  expect(await hashOf({})).toBe(await sha256(canonicalJson(earlier)));
  expect(await hashOf({ site: "post-activation" })).toBe(await hashOf({}));
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
