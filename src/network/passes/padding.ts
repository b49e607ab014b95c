/** Zeros that stand in a layer of their own before a window: taken into the window's padding. */
import type { Layer, PadLayer, Window } from "../network.ts";
import { windowOutputs } from "../window.ts";
import type { Change, View } from "./rewrite.ts";

/**
 * A convolution, or an average that counts its padding, after a pad of zeros around the image: reads the image itself, with
 * more padding. A maximum is left: zeros take part in it, padding does not.
 */
export function foldPadding(layer: Layer, view: View): Change | null {
  if (layer.kind !== "conv2d" && layer.kind !== "pool2d") return null;
  const pad = view.source(layer.inputs[0]!);
  if (pad?.kind !== "pad" || !isZerosAround(pad)) return null;
  const padded: Window = { ...layer, padding: joined(layer, pad) };
  if (layer.kind === "conv2d") return { set: [{ ...layer, inputs: pad.inputs, padding: padded.padding }] };
  if (layer.pool !== "average") return null;
  // Without padding of its own it counts the zeros already: they are its input.
  const countsAll = layer.countIncludePad || isUnpadded(layer);
  const [height = 0, width = 0] = view.shape(pad.inputs[0]!);
  const [outside = 0, across = 0] = view.shape(pad.name);
  const before = windowOutputs(layer, outside, across, layer.ceilMode);
  const after = windowOutputs(padded, height, width, layer.ceilMode);
  if (!countsAll || before.join() !== after.join()) return null;
  return { set: [{ ...layer, inputs: pad.inputs, padding: padded.padding, countIncludePad: true }] };
}

function isZerosAround({ before, after, mode, value }: PadLayer): boolean {
  const grows = [...before, ...after].every((size) => size >= 0);
  return mode === "constant" && value === 0 && grows && before.length === 3 && before[2] === 0 && after[2] === 0;
}

function isUnpadded({ padding: { top, left, bottom, right } }: Window): boolean {
  return top === 0 && left === 0 && bottom === 0 && right === 0;
}

function joined({ padding }: Window, { before, after }: PadLayer): Window["padding"] {
  return {
    top: padding.top + before[0]!,
    left: padding.left + before[1]!,
    bottom: padding.bottom + after[0]!,
    right: padding.right + after[1]!,
  };
}
