/**
 * What replacements that differ from sample to sample need to know of the intact network: class means, and the activations of
 * other samples. Gathered a segment at a time, because a class, and a sample's donor, may lie in any of them.
 */
import { LesionError } from "../core/errors.ts";
import { random } from "../core/random.ts";
import { type GivenValues, givenOn } from "../engine/given.ts";
import { differsBySample, type ReplacementOptions, type SampleReplacement } from "../engine/site.ts";
import type { AblationPlace } from "./ablation.ts";

/** A segment whose intact activations can be read. */
export interface ReadableSegment {
  /** [samples]: label, and the rank of the true class << 16. */
  readonly truths: Uint32Array;
  /**
   * What a stage's units give on the segment's samples, after or before the activation function. Of a chain: [units, samples];
   * of a graph: [samples, positions, units], without padding.
   */
  activations(stage: number, site: AblationPlace): Promise<Float32Array>;
  /** The same, sample by sample in either: [samples, positions, units]; `pooled`: the mean over positions, [samples, units]. */
  sampleActivations(stage: number, site: AblationPlace, pooled: boolean): Promise<Float32Array>;
}

/** What the units of a stage become on the samples of a segment; null where the replacement is the same for all. */
export type Given = (
  stage: number,
  replacement: ReplacementOptions,
  site: AblationPlace,
) => Promise<GivenValues | null>;

/** Activations kept on the host, at most. */
const MOST_BYTES = 2 ** 30;

/**
 * [samples]: the other sample whose activations each gets by `resample`, uniformly drawn. It depends on the seed, the sample's
 * number and how many there are: all units of all layers get the state of the same donor. Throws `bad-data` for one sample.
 */
export function donorsOf(samples: number, seed: number): Uint32Array {
  if (samples < 2) {
    throw new LesionError("bad-data", `${samples} sample has no other to be resampled from`, {
      where: "data.limit",
      fix: 'Evaluate at least 2 samples, or use another replacement than "resample".',
    });
  }
  return Uint32Array.from({ length: samples }, (_, n) => {
    const donor = random(seed, `resample ${n}`).below(samples - 1);
    return donor < n ? donor : donor + 1;
  });
}

/** Units to be replaced by a replacement that differs by sample. */
export interface WantedValues {
  readonly stage: number;
  readonly replacement: SampleReplacement;
  readonly site: AblationPlace;
}

/** Gathers what is wanted from all segments, and then gives it for any. */
export class GivenStatistics {
  readonly #samples: number;
  readonly #seed: number;
  readonly #tables = new Map<string, Table>();
  #bytes = 0;

  constructor(samples: number, seed: number) {
    this.#samples = samples;
    this.#seed = seed;
  }

  /** Reads a segment that begins at sample `start`. Throws `out-of-memory` where the activations come to over 1 GiB. */
  async add(segment: ReadableSegment, start: number, wanted: Iterable<WantedValues>): Promise<void> {
    const labels = segment.truths.map((truth) => truth & 0xffff);
    for (const { stage, replacement, site } of wanted) {
      const key = keyOf(stage, replacement, site);
      const values = await segment.sampleActivations(stage, site, replacement.kind === "class-mean");
      const table = this.#tables.get(key) ?? this.#opened(replacement, values.length / labels.length);
      this.#tables.set(key, table);
      table.add(values, labels, start);
    }
  }

  /** What is given on `samples` samples from `start` on, once all segments are added. */
  on({ start, samples }: { readonly start: number; readonly samples: number }): Given {
    return async (stage, replacement, site) => {
      if (!differsBySample(replacement)) return null;
      const table = this.#tables.get(keyOf(stage, replacement, site));
      if (!table) throw new LesionError("internal", `nothing was gathered for "${replacement.kind}" of stage ${stage}`);
      return givenOn(table.given(), start, samples);
    };
  }

  #opened({ kind }: SampleReplacement, width: number): Table {
    if (kind === "class-mean") return new ClassMeans(this.#samples, width);
    this.#bytes += this.#samples * width * 4;
    if (this.#bytes <= MOST_BYTES) return new Resampled(donorsOf(this.#samples, this.#seed), width);
    throw new LesionError(
      "out-of-memory",
      `resampling keeps the activations of all ${this.#samples} samples, ${this.#bytes} bytes and more; at most ${MOST_BYTES} are kept`,
      {
        where: "replacement",
        fix: 'Use fewer samples (data.limit), fewer layers at once, or the replacement "class-mean".',
        detail: { bytes: this.#bytes, most: MOST_BYTES },
      },
    );
  }
}

/** What the samples of one segment alone give. */
export function givenOf(segment: ReadableSegment, seed: number): Given {
  const samples = segment.truths.length;
  return async (stage, replacement, site) => {
    if (!differsBySample(replacement)) return null;
    const statistics = new GivenStatistics(samples, seed);
    await statistics.add(segment, 0, [{ stage, replacement, site }]);
    return await statistics.on({ start: 0, samples })(stage, replacement, site);
  };
}

function keyOf(stage: number, { kind }: SampleReplacement, site: AblationPlace): string {
  return `${stage} ${kind} ${site}`;
}

/** Gathers activations [samples, width], a segment at a time. */
interface Table {
  add(values: Float32Array, labels: Uint32Array, start: number): void;
  given(): GivenValues;
}

/** Sums in float64 of each class that occurs. */
class ClassMeans implements Table {
  readonly #width: number;
  readonly #rowOf: Uint32Array;
  readonly #classes = new Map<number, { readonly row: number; readonly sums: Float64Array; samples: number }>();

  constructor(samples: number, width: number) {
    this.#width = width;
    this.#rowOf = new Uint32Array(samples);
  }

  add(values: Float32Array, labels: Uint32Array, start: number): void {
    for (const [n, label] of labels.entries()) {
      const found = this.#classes.get(label) ?? {
        row: this.#classes.size,
        sums: new Float64Array(this.#width),
        samples: 0,
      };
      this.#classes.set(label, found);
      found.samples++;
      const { sums } = found;
      for (let unit = 0; unit < sums.length; unit++) sums[unit] = sums[unit]! + values[n * sums.length + unit]!;
      this.#rowOf[start + n] = found.row;
    }
  }

  given(): GivenValues {
    const values = new Float32Array(this.#classes.size * this.#width);
    for (const { row, sums, samples } of this.#classes.values()) {
      for (const [unit, sum] of sums.entries()) values[row * this.#width + unit] = sum / samples;
    }
    return { values, width: this.#width, rowOf: this.#rowOf };
  }
}

/** All activations, of which each sample takes its donor's. */
class Resampled implements Table {
  readonly #given: GivenValues;

  constructor(donors: Uint32Array, width: number) {
    this.#given = { values: new Float32Array(donors.length * width), width, rowOf: donors };
  }

  add(values: Float32Array, _: Uint32Array, start: number): void {
    this.#given.values.set(values, start * this.#given.width);
  }

  given(): GivenValues {
    return this.#given;
  }
}
