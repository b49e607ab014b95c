/** A network that a study builds, in a line: "784 – 20 – 10 – 10", "28×28×1 – conv 8 – max pool – dense 10". */
import type { BuildLayer, BuildOptions } from "../study/study.ts";

/** What comes in, then the layers: units alone where all layers are dense. */
export function networkText({ input, layers }: BuildOptions): string {
  const plain = layers.every(({ kind }) => kind === "dense");
  return [input.join("\u00d7"), ...layers.map((layer) => layerText(layer, plain))].join(" \u2013 ");
}

function layerText(layer: BuildLayer, plain: boolean): string {
  switch (layer.kind) {
    case "dense":
      return plain ? String(layer.units) : `dense ${layer.units}`;
    case "conv":
      return `conv ${layer.filters}`;
    case "pool":
      return `${layer.pool} pool`;
    case "global-pool":
      return `global ${layer.pool} pool`;
  }
}
