/** An iteration of exact t-SNE beside plain JavaScript's, on principal components of the embedded digits. */
import { principalComponents } from "../src/ablation/embedding/pca.ts";
import { makeDigits } from "../src/data/digits.ts";
import { tsneInitial, tsneLearningRate, tsneSchedule } from "../src/engine/tsne.ts";
import { TsneDescent } from "../src/engine/tsne-descent.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { relativeError } from "./conv-error.ts";
import { measureAdaptive, peerLine, timingText } from "./measure.ts";
import { affinities, JsTsne } from "./peers/js-tsne.ts";

const COMPONENTS = 30;
const PERPLEXITY = 40;
const SEED = 1;
/** More would take a processor, and JavaScript's search for bandwidths, minutes. */
const SIZES = [1000, 2500];
const GPU_SIZES = [...SIZES, 10_000];
/** Maps are compared after so many iterations: later ones differ by what rounding makes of them. */
const COMPARED = 5;

const always = async () => true;

export async function benchTsne(gpu: Gpu, { runs }: { readonly runs: number }) {
  const sizes: Awaited<ReturnType<typeof measureSize>>[] = [];
  for (const points of gpu.isProcessor ? SIZES : GPU_SIZES) sizes.push(await measureSize(gpu, points, runs));
  const lines = sizes.flatMap(({ points, lesion, js, difference }) => [
    `an iteration of t-SNE, ${points} points`,
    `  ${"Lesion".padEnd(38)} ${timingText(lesion)}`,
    `${peerLine("JavaScript, float64", js, js.medianMs / lesion.medianMs)}, ${differenceText(difference)}`,
  ]);
  return { benchmark: "tsne", seed: SEED, components: COMPONENTS, perplexity: PERPLEXITY, sizes, lines };
}

async function measureSize(gpu: Gpu, points: number, runs: number) {
  const { values } = makeDigits({ split: "test", samples: points });
  const pixels = Float32Array.from(values, (value) => value / 255);
  const { scores, count } = await principalComponents(pixels, points, values.length / points, COMPONENTS);
  const initial = tsneInitial(scores, points, count, SEED);
  const settings = { ...tsneSchedule(0, 1000), rate: tsneLearningRate(points) };
  using descent = new TsneDescent(gpu, points, initial);
  await descent.prepare(scores, count, PERPLEXITY, always);

  // Where a comparison would take minutes, JavaScript's iterations are timed on probabilities that are all the same.
  const isCompared = points <= SIZES.at(-1)!;
  const p = isCompared
    ? affinities(scores, points, count, PERPLEXITY)
    : new Float32Array(points * points).fill(1 / points / (points - 1));
  const peer = new JsTsne(p, initial);
  const stepPeer = () => peer.step(settings.exaggeration, settings.momentum, settings.rate);
  for (let i = 0; i < COMPARED; i++) {
    await descent.step(settings, always);
    stepPeer();
  }
  const map = await descent.read(always);
  const difference = isCompared ? relativeError(map!.points, Float32Array.from(peer.y)) : null;

  const lesion = await measureAdaptive(runs, async (times) => {
    for (let i = 0; i < times; i++) await descent.step(settings, always);
    await gpu.finish();
  });
  const js = await measureAdaptive(runs, async (times) => {
    for (let i = 0; i < times; i++) stepPeer();
  });
  return { points, lesion, js, difference };
}

function differenceText(difference: number | null): string {
  return difference === null ? "not compared" : `difference ${difference.toExponential(1)}`;
}
