/** Brings a tensor back without its padding, in pieces: staging buffers are in no budget. */
import type { Gpu } from "../../gpu/device.ts";
import { paddedChannels } from "../../kernels/tensor-layout.ts";

/** Bytes of a piece, at most, unless a single row takes more. */
const MOST_BYTES = 2 ** 26;

/** [rows, channels] of a buffer's [rows, channels padded]; a row is one position of one sample. */
export async function readRows(
  gpu: Pick<Gpu, "read">,
  buffer: GPUBuffer,
  rows: number,
  channels: number,
): Promise<Float32Array> {
  const width = paddedChannels(channels);
  const most = Math.max(1, Math.floor(MOST_BYTES / (4 * width)));
  const values = new Float32Array(rows * channels);
  for (let start = 0; start < rows; start += most) {
    const count = Math.min(most, rows - start);
    const [bytes] = await gpu.read({ buffer, offsetBytes: 4 * start * width, sizeBytes: 4 * count * width });
    const padded = new Float32Array(bytes!);
    if (width === channels) {
      values.set(padded, start * channels);
      continue;
    }
    for (let row = 0; row < count; row++) {
      values.set(padded.subarray(row * width, row * width + channels), (start + row) * channels);
    }
  }
  return values;
}
