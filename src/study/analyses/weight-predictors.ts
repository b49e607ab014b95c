/** Predictors that a network's weights give, by name. Batch norms are folded in, so that weights are those that a sweep sees. */
import { fpgm, weightChange, weightL1, weightL1Out, weightL2, weightL2Out } from "../../ablation/importance/weights.ts";
import { outgoingWeightsOf, weightsOf } from "../../ablation/similarity/unit-weights.ts";
import { mannWhitney } from "../../ablation/statistics/mann-whitney.ts";
import { LesionError } from "../../core/errors.ts";
import type { Network } from "../../network/network.ts";
import { simplify } from "../../network/simplify.ts";
import { type Predictor, WEIGHT_PREDICTORS, type WeightPredictor } from "../predictor-names.ts";

export function isWeightPredictor(predictor: Predictor): predictor is WeightPredictor {
  return (WEIGHT_PREDICTORS as readonly Predictor[]).includes(predictor);
}

/** Whether a predictor compares with the network before training. */
export const needsInitial = (predictor: Predictor) => predictor === "weight-change" || predictor === "mann-whitney";

const folded = new WeakMap<Network, Network>();

function simplified(network: Network): Network {
  const known = folded.get(network) ?? simplify(network);
  folded.set(network, known);
  return known;
}

/** A predictor's value for each unit of an ablatable layer; null where it is undefined. `initial`: the network before training. */
export function weightPredictor(
  predictor: WeightPredictor,
  network: Network,
  initial: Network | null,
  layer: string,
): (number | null)[] {
  const own = () => weightsOf(simplified(network), layer);
  const before = () => {
    if (initial) return weightsOf(simplified(initial), layer);
    throw new LesionError("bad-study", `the predictor "${predictor}" compares with the network before training`, {
      where: "model.initial",
      fix: 'Give the model an "initial" file or a "train", or leave the predictor out.',
    });
  };
  switch (predictor) {
    case "weight-l1":
      return Array.from(weightL1(own()));
    case "weight-l2":
      return Array.from(weightL2(own()));
    case "weight-l1-out":
    case "weight-l2-out": {
      const outgoing = outgoingWeightsOf(simplified(network), layer);
      if (!outgoing) return new Array<null>(own().units).fill(null);
      return Array.from(predictor === "weight-l1-out" ? weightL1Out(outgoing) : weightL2Out(outgoing));
    }
    case "weight-change":
      return Array.from(weightChange(own(), before()));
    case "fpgm":
      return Array.from(fpgm(own()));
    case "mann-whitney":
      return changeTests(network, initial, layer).map(({ p }) => (Number.isFinite(p) ? p : null));
  }
}

/** Mann and Whitney's test of each unit's incoming weights after against before training. */
export function changeTests(network: Network, initial: Network | null, layer: string) {
  if (!initial) weightPredictor("weight-change", network, initial, layer);
  const [after, before] = [weightsOf(simplified(network), layer), weightsOf(simplified(initial!), layer)];
  const of = ({ incoming, length }: typeof after, unit: number) =>
    incoming.subarray(unit * length, (unit + 1) * length);
  return Array.from({ length: after.units }, (_, unit) => mannWhitney(of(after, unit), of(before, unit)));
}
