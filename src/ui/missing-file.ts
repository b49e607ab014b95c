/** What a study names and the lab has not been given, as a sentence to a person. */
import type { Files } from "../../workers/protocol.ts";
import type { Study } from "../study/study.ts";
import { completeSplits } from "./dropped-data.ts";

/** The first thing that is missing; null where all is here. */
export function missingFile({ model, data }: Pick<Study, "model" | "data">, files: Files): string | null {
  if ("file" in model) {
    if (files[model.file] === undefined) return `Drop the model ${model.file}, or choose it.`;
    if (model.initial !== null && files[model.initial] === undefined) {
      return `Drop ${model.initial}, the network before training, or take it out of the study document.`;
    }
  }
  return missingData(data, files);
}

/** What is missing of a study's data; null where they are here, or made. */
export function missingData(data: Study["data"], files: Files): string | null {
  if (data.set === "digits") return null;
  const path = data.path ?? "";
  const here = Object.keys(files).filter((file) => file === path || file.startsWith(`${path}/`));
  switch (data.set) {
    case "images":
      return here.length > 0
        ? null
        : `Drop the images of ${path}: a folder or an archive, with labels.csv or a folder a class.`;
    case "cifar10":
      return here.length > 0 ? null : `Drop CIFAR-10's ${data.split === "test" ? "test" : "data"}_batch files.`;
    case "npy":
      return here.length > 1 ? null : `Drop the .npy files of the ${data.split} split: images and labels.`;
    case "mnist":
    case "idx":
      if (completeSplits(here).includes(data.split)) return null;
      return `Drop the IDX files of the ${data.split} split: images and labels.`;
  }
}
