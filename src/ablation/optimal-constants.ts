/**
 * The constant at which holding a unit costs least loss (optimal ablation; Li and Janson 2024, arXiv 2409.09951), by search: the
 * loss at a grid of constants, and a golden section around the best of them. All units of a layer are searched at once, each
 * alone. What was measured best counts, so that no constant that was tried is better.
 */

/** Mean and standard deviation of each unit. */
export interface UnitMoments {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** Losses with each unit alone held at its constant. */
export type LossesAt = (constants: readonly number[]) => Promise<readonly number[]>;

/** Constants of the first grid, from three standard deviations below the mean to as many above. */
const GRID = 9;
const REACH = 3;
/** Steps of the golden section: the bracket shrinks to 2 % of two steps of the grid. */
const SECTIONS = 8;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Evaluations of each unit that a search takes: 0 and the mean are tried too. */
export const OPTIMAL_EVALUATIONS = 2 + GRID + 2 + SECTIONS;

export interface OptimalConstants {
  readonly constants: readonly number[];
  readonly losses: readonly number[];
}

/** Searches all units of a layer. `progress` is told evaluations done, of OPTIMAL_EVALUATIONS. */
export async function searchOptimal(
  { means, deviations }: UnitMoments,
  lossesAt: LossesAt,
  progress: (done: number) => void = () => {},
): Promise<OptimalConstants> {
  const best = means.map(() => ({ constant: 0, loss: Number.POSITIVE_INFINITY }));
  let done = 0;
  const tryAll = async (constants: readonly number[]): Promise<readonly number[]> => {
    const losses = await lossesAt(constants);
    for (const [unit, loss] of losses.entries()) {
      if (loss < best[unit]!.loss) best[unit] = { constant: constants[unit]!, loss };
    }
    progress(++done);
    return losses;
  };
  await tryAll(means.map(() => 0));
  await tryAll(means);
  const step = deviations.map((deviation) => (2 * REACH * deviation) / (GRID - 1));
  for (let i = 0; i < GRID; i++)
    await tryAll(means.map((mean, unit) => mean - REACH * deviations[unit]! + i * step[unit]!));
  const low = best.map(({ constant }, unit) => constant - step[unit]!);
  const high = best.map(({ constant }, unit) => constant + step[unit]!);
  const inner = (share: number) => low.map((from, unit) => from + share * (high[unit]! - from));
  let [left, right] = [inner(1 - GOLDEN), inner(GOLDEN)];
  let leftLosses = await tryAll(left);
  let rightLosses = await tryAll(right);
  for (let i = 0; i < SECTIONS; i++) {
    const isLeft = left.map((_, unit) => leftLosses[unit]! <= rightLosses[unit]!);
    for (const [unit, chosen] of isLeft.entries()) {
      if (chosen) high[unit] = right[unit]!;
      else low[unit] = left[unit]!;
    }
    // One of both points is inside the new bracket already; the other is tried.
    const fresh = isLeft.map((chosen, unit) => {
      const width = high[unit]! - low[unit]!;
      return chosen ? high[unit]! - GOLDEN * width : low[unit]! + GOLDEN * width;
    });
    const losses = await tryAll(fresh);
    const next = isLeft.map((chosen, unit) =>
      chosen
        ? { left: fresh[unit]!, leftLoss: losses[unit]!, right: left[unit]!, rightLoss: leftLosses[unit]! }
        : { left: right[unit]!, leftLoss: rightLosses[unit]!, right: fresh[unit]!, rightLoss: losses[unit]! },
    );
    left = next.map((each) => each.left);
    right = next.map((each) => each.right);
    leftLosses = next.map((each) => each.leftLoss);
    rightLosses = next.map((each) => each.rightLoss);
  }
  return { constants: best.map(({ constant }) => constant), losses: best.map(({ loss }) => loss) };
}
