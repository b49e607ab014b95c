/** Pooling over windows and over everything. What Keras pads counts for neither maximum nor mean. */
import type { Pool2dLayer } from "../../../network/network.ts";
import { asImage, type Call, counted, onlyInput, requireChannelsLast, type Value } from "../call.ts";
import { windowOf } from "./window.ts";

type Pool = Pool2dLayer["pool"];

export const MaxPooling2D = (call: Call): Value => pooling(call, 2, "max");
export const MaxPooling1D = (call: Call): Value => pooling(call, 1, "max");
export const AveragePooling2D = (call: Call): Value => pooling(call, 2, "average");
export const AveragePooling1D = (call: Call): Value => pooling(call, 1, "average");
export const GlobalMaxPooling2D = (call: Call): Value => globalPooling(call, 2, "max");
export const GlobalMaxPooling1D = (call: Call): Value => globalPooling(call, 1, "max");
export const GlobalAveragePooling2D = (call: Call): Value => globalPooling(call, 2, "average");
export const GlobalAveragePooling1D = (call: Call): Value => globalPooling(call, 1, "average");

function pooling(call: Call, axes: 1 | 2, pool: Pool): Value {
  requireChannelsLast(call);
  const image = asImage(call, onlyInput(call), axes);
  const value = call.emit({
    kind: "pool2d",
    name: call.name,
    inputs: [image.layer],
    ...windowOf(call, image, axes, "pool_size"),
    pool,
    ceilMode: false,
    countIncludePad: false,
  });
  return counted(value, axes);
}

/** [height, width, channels] to [channels], or to axes of size 1 with `keepdims`. */
function globalPooling(call: Call, axes: 1 | 2, pool: Pool): Value {
  requireChannelsLast(call);
  const image = asImage(call, onlyInput(call), axes);
  const pooled = call.emit({ kind: "global-pool", name: call.name, inputs: [image.layer], pool });
  if (call.config.flag("keepdims", false)) return counted(pooled, axes);
  return call.emit({ kind: "flatten", name: call.extraName("flatten"), inputs: [pooled.layer] });
}
