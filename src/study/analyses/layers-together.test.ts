import { expect, test } from "vitest";
import { LesionError } from "../../core/errors.ts";
import { layersTogether } from "./layers-together.ts";

/** A probe with room for so many layers, and what it was asked for. */
function probeOf(room: number) {
  const asked: string[] = [];
  const probe = async (layers: readonly string[]) => {
    asked.push(layers.join(""));
    if (layers.length > room) throw new LesionError("out-of-memory", "too many layers");
    return layers.map((layer) => layer.toUpperCase());
  };
  return { asked, probe };
}

test.each([
  ["all at once", 5, ["abcde"]],
  ["in halves", 3, ["abcde", "abc", "de"]],
  ["one by one", 1, ["abcde", "abc", "ab", "a", "b", "c", "de", "d", "e"]],
])("%s", async (_, room, wanted) => {
  const { asked, probe } = probeOf(room);
  expect(await layersTogether([..."abcde"], probe)).toEqual([..."ABCDE"]);
  expect(asked).toEqual(wanted);
});

test("one layer that does not fit is told, and whatever else goes wrong", async () => {
  await expect(layersTogether([..."ab"], probeOf(0).probe)).rejects.toMatchObject({ code: "out-of-memory" });
  const { asked, probe } = probeOf(5);
  const stopped = async (layers: readonly string[]) => {
    await probe(layers);
    throw new LesionError("cancelled", "the run was stopped");
  };
  await expect(layersTogether([..."ab"], stopped)).rejects.toMatchObject({ code: "cancelled" });
  expect(asked).toEqual(["ab"]);
});
