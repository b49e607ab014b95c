/**
 * What single units change, kept while their pairs are evaluated: where only one unit of a pair moves, the pair does what
 * that unit does alone, so a pair is visited only on the samples that both units touch.
 */
import { countBits } from "../core/bitset.ts";
import { packSamples, type SampleLists } from "../engine/masks.ts";
import { movedBy, type Site } from "../engine/site.ts";
import type { Tail } from "../engine/tail.ts";
import { readTally, type Tally, type TallyLayout } from "../kernels/tally.ts";
import { added, changesByClass } from "./effects.ts";

/**
 * Evaluates masks on the samples they touch, and pairs on the samples that both units touch: where only one of the two
 * moves, the pair does what that unit does alone, exactly. Remembers what single units change for that.
 */
export class SingleUnitMemory {
  readonly #site: Site;
  readonly #layout: TallyLayout;
  readonly #truths: Uint32Array;
  readonly #tail: Tail;
  readonly #singles = new Map<number, Promise<Tally>>();

  constructor(site: Site, layout: TallyLayout, truths: Uint32Array, tail: Tail) {
    this.#site = site;
    this.#layout = layout;
    this.#truths = truths;
    this.#tail = tail;
  }

  async evaluate(masks: readonly (readonly number[])[]): Promise<{ tallies: Tally[]; visits: number[] }> {
    const needed = new Set(masks.filter((units) => units.length === 2).flat());
    const here = new Set(masks.filter((units) => units.length === 1).flat());
    const missing = [...needed].filter((unit) => !this.#singles.has(unit) && !here.has(unit));
    for (let at = 0; at < missing.length; at += this.#tail.capacity) {
      await this.#evaluate(missing.slice(at, at + this.#tail.capacity).map((unit) => [unit]));
    }
    const { tallies, visits } = await this.#evaluate(masks);
    return { tallies: await Promise.all(tallies.map((tally, index) => this.#joined(masks[index]!, tally))), visits };
  }

  /** Evaluates masks on the samples they must be visited on, and remembers those of single units from now on. */
  #evaluate(masks: readonly (readonly number[])[]): Promise<{ tallies: Tally[]; visits: number[] }> {
    const evaluated = this.#visit(masks);
    masks.forEach((units, index) => {
      if (units.length !== 1) return;
      const single = evaluated.then(({ tallies }) => tallies[index]!);
      single.catch(() => {}); // Whoever needs it sees the failure; nobody may.
      this.#singles.set(units[0]!, single);
    });
    return evaluated;
  }

  async #visit(masks: readonly (readonly number[])[]): Promise<{ tallies: Tally[]; visits: number[] }> {
    const rows = masks.map((units) => touched(this.#site, units));
    const visits = rows.map(countBits);
    const samples: SampleLists = packSamples(rows, visits);
    const words = await this.#tail.evaluate({ masks, samples });
    return { tallies: masks.map((_, index) => readTally(words, index, this.#layout)), visits };
  }

  /** The tally of a pair, with what its units change where they move alone. */
  async #joined(units: readonly number[], both: Tally): Promise<Tally> {
    if (units.length !== 2) return both;
    const [first, second] = units as readonly [number, number];
    const [a, b] = await Promise.all([this.#singles.get(first)!, this.#singles.get(second)!]);
    const movedA = movedBy(this.#site, first);
    const movedB = movedBy(this.#site, second);
    const alone = (ofA: Uint32Array, ofB: Uint32Array) =>
      Uint32Array.from(ofA, (word, w) => (word & ~movedB[w]!) | (ofB[w]! & ~movedA[w]!));
    const changed = alone(a.changed, b.changed);
    const before = rightBits(this.#truths, changed, 1);
    const { lost, gained } = changesByClass(before, xor(before, changed), this.#truths, this.#layout.classes);
    let { top5, changed5 } = both;
    if (a.changed5 && b.changed5 && changed5 && top5) {
      const alone5 = alone(a.changed5, b.changed5);
      const before5 = rightBits(this.#truths, alone5, 5);
      const own = changesByClass(before5, xor(before5, alone5), this.#truths, this.#layout.classes);
      top5 = { lost: added(own.lost, top5.lost), gained: added(own.gained, top5.gained) };
      changed5 = xor(alone5, changed5);
    }
    return {
      classLost: added(lost, both.classLost),
      classGained: added(gained, both.classGained),
      top5,
      lossSum: 0,
      changed: xor(changed, both.changed),
      changed5,
    };
  }
}

/** The samples a mask must be evaluated on: any unit moves; for pairs both, the rest being known from single units. */
export function touched(site: Site, units: readonly number[]): Uint32Array {
  const words = movedBy(site, units[0]!).slice();
  for (const unit of units.slice(1)) {
    const other = movedBy(site, unit);
    for (let w = 0; w < words.length; w++) {
      words[w] = units.length === 2 ? words[w]! & other[w]! : words[w]! | other[w]!;
    }
  }
  return words;
}

/** Of the samples in `among`, those whose true class ranks below `rank` in the intact network. */
function rightBits(truths: Uint32Array, among: Uint32Array, rank: number): Uint32Array {
  return among.map((word, w) => {
    let right = 0;
    for (let bits = word; bits !== 0; bits &= bits - 1) {
      const bit = 31 - Math.clz32(bits & -bits);
      if (truths[w * 32 + bit]! >>> 16 < rank) right |= 1 << bit;
    }
    return right;
  });
}

function xor(a: Uint32Array, b: Uint32Array): Uint32Array {
  return a.map((word, w) => word ^ b[w]!);
}
