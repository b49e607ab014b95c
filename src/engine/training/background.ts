/** Whether samples are mostly one number, as images on a plain ground are: then products of them skip it. */
import { featuresOf } from "../../data/dataset.ts";
import { channelsOf, levels } from "../../data/transform.ts";
import type { TrainingData } from "./trainer-interface.ts";
import type { Background } from "./training-pass.ts";

/** Samples that are looked at. */
const LOOKED_AT = 256;
/** Samples that are multiplied together, and numbers: a product skips them where all are the background. */
const STRETCH = 16;
const VECTOR = 4;
/** Beyond this share of what is left to multiply, finding it costs more than it saves. */
const MOST_OCCUPIED = 0.8;

/** Whether samples are such that they can have a background: bytes of one channel. */
export function mayHaveBackground({ dataset }: Pick<TrainingData, "dataset">): boolean {
  return dataset.stored === "bytes" && channelsOf(dataset) === 1 && featuresOf(dataset) % VECTOR === 0;
}

/** Takes as much memory as any: what training takes is planned with it before samples are read. */
export const ANY_BACKGROUND: Background = { value: 0, line4: 1 };

/** The commonest number of the samples, or null where too little is skipped for it, or they can have none. */
export async function backgroundOf(data: TrainingData): Promise<Background | null> {
  if (!mayHaveBackground(data)) return null;
  const { dataset, transform, samples } = data;
  const count = Math.min(LOOKED_AT, samples);
  const [height = 1, width = 1] = dataset.shape;
  const stored = (await dataset.read(0, count)) as Uint8Array;
  const features = featuresOf(dataset);
  const counts = new Uint32Array(256);
  for (const byte of stored) counts[byte]!++;
  const commonest = counts.indexOf(Math.max(...counts));
  const table = levels(transform, 0);
  // Bytes may share a level, as those below a threshold do.
  const differs = (at: number) => table[stored[at]!] !== table[commonest];
  let [occupied, stretches] = [0, 0];
  for (let first = 0; first + STRETCH <= count; first += STRETCH) {
    for (let feature = 0; feature < features; feature += VECTOR) {
      stretches++;
      if (someDiffer(differs, first * features + feature, features)) occupied++;
    }
  }
  if (stretches === 0 || occupied / stretches > MOST_OCCUPIED) return null;
  const isImage = dataset.shape.length === 3 && height % 4 === 0 && width % VECTOR === 0;
  return { value: Math.fround(table[commonest]!), line4: isImage ? width / VECTOR : 1 };
}

function someDiffer(differs: (at: number) => boolean, at: number, features: number): boolean {
  for (let sample = 0; sample < STRETCH; sample++) {
    for (let i = 0; i < VECTOR; i++) if (differs(at + sample * features + i)) return true;
  }
  return false;
}
