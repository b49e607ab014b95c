/** Small maps of each unit on each sample: what representations are compared by where whole maps would be too much. */
import type { Gpu } from "../../gpu/device.ts";
import { type Pool2dShape, planPool2d } from "../../kernels/pool2d.ts";
import { paddedChannels, positionsOf } from "../../kernels/tensor-layout.ts";
import { NO_PADDING } from "../../network/window.ts";
import { always, type ProbeSource, type Proceed, unitsOf } from "./source.ts";
import { runTaps, type Tap } from "./taps.ts";

/** Post-activations, averaged over windows side by side. */
export interface PooledMaps {
  readonly layer: string;
  readonly units: number;
  readonly samples: number;
  /** Rows and columns of a map, at most 4 each. */
  readonly height: number;
  readonly width: number;
  /** [units, samples, height, width] */
  readonly values: Float32Array;
}

/** Rows and columns that are left, at most. */
const MOST = 4;

/**
 * Maps of the units of ablatable layers, in one pass of the samples; null where `proceed` ended it. A side of n positions
 * becomes ceil(n / w), w = ceil(n / 4), each the mean of w of them, the last of those that are left. Throws `bad-study` for
 * a layer that is not ablatable, and as `runTaps` does.
 */
export async function pooledMaps(
  gpu: Gpu,
  source: ProbeSource,
  layers: readonly string[],
  proceed: Proceed = always,
): Promise<readonly PooledMaps[] | null> {
  const taps = layers.map((layer) => mapsTap(source, layer));
  const done = await runTaps(gpu, source, taps, proceed);
  return done ? taps.map(({ maps }) => maps) : null;
}

function mapsTap({ graph, samples }: ProbeSource, layer: string): Tap & { readonly maps: PooledMaps } {
  const units = unitsOf(graph, layer);
  const whole = graph.shapes.get(layer)!;
  const [fullHeight, fullWidth] = whole.length === 3 ? [whole[0]!, whole[1]!] : [positionsOf(whole), 1];
  const kernel = [Math.ceil(fullHeight / MOST), Math.ceil(fullWidth / MOST)] as const;
  const [height, width] = [Math.ceil(fullHeight / kernel[0]), Math.ceil(fullWidth / kernel[1])];
  const positions = height * width;
  const padded = paddedChannels(units);
  const values = new Float32Array(units * samples * positions);
  const shape: Omit<Pool2dShape, "rows"> = {
    ...{ height: fullHeight, width: fullWidth, channels: units, outHeight: height, outWidth: width },
    ...{ pool: "average", countIncludePad: false, kernel, stride: kernel, dilation: [1, 1], padding: NO_PADDING },
  };
  return {
    layer,
    maps: { layer, units, samples, height, width, values },
    resultFloats: (rows) => rows * positions * padded,
    dispatches: (x, { result }, rows) => [{ plan: planPool2d({ ...shape, rows }), buffers: { x, y: result } }],
    take(pooled, start, rows) {
      for (let row = 0; row < rows; row++) {
        for (let position = 0; position < positions; position++) {
          const from = (row * positions + position) * padded;
          for (let unit = 0; unit < units; unit++) {
            values[(unit * samples + start + row) * positions + position] = pooled[from + unit]!;
          }
        }
      }
    },
  };
}
