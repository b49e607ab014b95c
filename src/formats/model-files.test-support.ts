/** Test support: a model's files, from memory or from a folder of the shared data. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { sharedData } from "../../e2e/shared-data.ts";
import type { Network } from "../network/network.ts";
import { evaluateNetwork } from "../reference/evaluate-network.ts";
import type { ModelFiles } from "./model-files.ts";

/** Files in memory; what was asked for is kept, in order. */
export function filesOf(contents: Readonly<Record<string, Uint8Array>>): ModelFiles & { readonly read: string[] } {
  const read: string[] = [];
  return {
    read,
    available: Object.keys(contents),
    bytesOf: async (path) => {
      read.push(path);
      const bytes = contents[path];
      if (bytes === undefined) throw new Error(`the test has no ${path}`);
      return bytes;
    },
  };
}

/** The files of a folder, under its own name. */
export function folderOf(folder: string): ModelFiles {
  const prefix = folder.split(/[\\/]/).at(-1)!;
  return {
    available: readdirSync(folder).map((name) => `${prefix}/${name}`),
    bytesOf: async (path) => new Uint8Array(readFileSync(join(folder, path.slice(prefix.length + 1)))),
  };
}

/** Text as bytes. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Whether MNIST's test set is there. */
export const mnist = sharedData("mnist");

/** How many of the first `count` images of MNIST's test set the network has right; x = pixel * scale + shift. */
export function correctOfMnist(network: Network, count: number, scale: number, shift = 0): number {
  const file = (name: string) => gunzipSync(readFileSync(join(mnist ?? "", `t10k-${name}-ubyte.gz`)));
  const images = Float32Array.from(
    file("images-idx3").subarray(16, 16 + count * 784),
    (pixel) => pixel * scale + shift,
  );
  const labels = file("labels-idx1").subarray(8);
  const results = evaluateNetwork(network, new Map([[network.inputs[0]!.name, images]]), count);
  const scores = results.get(network.outputs[0]!)!;
  let correct = 0;
  for (let n = 0; n < count; n++) {
    const row = scores.subarray(n * 10, n * 10 + 10);
    if (row.indexOf(Math.max(...row)) === labels[n]) correct++;
  }
  return correct;
}
