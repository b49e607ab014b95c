/** Which plain properties of a unit would have foretold what its ablation costs: each predictor against the measured drop. */
import { correlationsOf } from "../../ablation/statistics/correlations.ts";
import type { ImportanceOptions, MannWhitneyOptions } from "../analysis-options.ts";
import type { ImportanceRecord, MannWhitneyRecord, Predictor } from "../analysis-records.ts";
import type { AblationRecord, LayerSummary } from "../records.ts";
import { chosenLayers } from "../sites.ts";
import type { AnalysisDevice } from "./device.ts";
import { grouped } from "./grouped.ts";
import type { AnalysisInput } from "./input.ts";
import { initialOf, isKnown, predictorValues } from "./predictors.ts";
import { changeTests } from "./weight-predictors.ts";

/** Drops of the single units of a layer, in percentage points, as one sweep measured them; null where it did not. */
interface MeasuredDrops {
  readonly sweep: number;
  readonly layer: LayerSummary;
  readonly drops: readonly (number | null)[];
}

/** Predictors of each layer, and of all of them pooled where there are several, against each sweep of single units. */
export async function importance(
  device: AnalysisDevice,
  input: AnalysisInput,
  options: ImportanceOptions,
): Promise<void> {
  const measured = singleUnitDrops(input, chosenLayers(options.layers, input.layers, "analyses importance layers"));
  const layers = [...new Map(measured.map(({ layer }) => [layer.layerIndex, layer])).values()];
  if (layers.length === 0) return warnNothing(device, "importance");
  const predictors = options.predictors.filter((predictor) => isKnown(device, predictor));
  const wanted = recordCount(measured);
  const isDone = (predictor: Predictor) =>
    device.earlier.filter((record) => record.name === "importance" && record.predictor === predictor).length >= wanted;
  const left = predictors.filter((predictor) => !isDone(predictor));
  if (left.length === 0) return;
  const valuesOf = await predictorValues(device, layers, left, options);
  for (const predictor of left) {
    device.write(recordsOf(measured, input.seed, predictor, (layer) => valuesOf(predictor, layer)));
  }
}

/** Records of one predictor: of each sweep one a layer, and one of several layers pooled. */
function recordCount(measured: readonly MeasuredDrops[]): number {
  const layers = grouped(measured, ({ sweep }) => sweep).map((own) => own.length);
  return layers.reduce((sum, count) => sum + count + (count > 1 ? 1 : 0), 0);
}

function recordsOf(
  measured: readonly MeasuredDrops[],
  seed: number,
  predictor: Predictor,
  valuesOf: (layer: LayerSummary) => readonly (number | null)[],
): ImportanceRecord[] {
  const sweeps = [...new Set(measured.map(({ sweep }) => sweep))];
  return sweeps.flatMap((sweep) => {
    const own = measured
      .filter((each) => each.sweep === sweep)
      .map(({ layer, drops }) => ({ layer, drops, values: valuesOf(layer) }));
    const record = (layer: LayerSummary | null, some: typeof own): ImportanceRecord => {
      const values = some.flatMap((each) => each.values);
      const drops = some.flatMap((each) => each.drops);
      const label = `importance ${predictor} ${layer?.layerIndex ?? "pooled"}`;
      return {
        type: "analysis",
        name: "importance",
        sweep,
        predictor,
        layer: layer?.layer ?? null,
        layerIndex: layer?.layerIndex ?? null,
        values,
        ...correlationsOf(values, drops, seed, label),
      };
    };
    return [...own.map((each) => record(each.layer, [each])), ...(own.length > 1 ? [record(null, own)] : [])];
  });
}

/** How much training changed each unit, and whether that goes with what its ablation costs. */
export function mannWhitneyChange(device: AnalysisDevice, input: AnalysisInput, options: MannWhitneyOptions): void {
  const measured = singleUnitDrops(input, chosenLayers(options.layers, input.layers, "analyses mann-whitney layers"));
  if (measured.length === 0) warnNothing(device, "mann-whitney");
  device.write(
    measured.map(({ sweep, layer, drops }): MannWhitneyRecord => {
      const tests = changeTests(device.network, initialOf(device), layer.layer);
      const p = tests.map((test) => (Number.isFinite(test.p) ? test.p : null));
      return {
        type: "analysis",
        name: "mann-whitney",
        sweep,
        layer: layer.layer,
        layerIndex: layer.layerIndex,
        p,
        u: tests.map(({ u }) => u),
        ...correlationsOf(p, drops, input.seed, `mann-whitney ${layer.layerIndex}`),
      };
    }),
  );
}

/** Sweeps of single units, layer by layer; of a sweep with several replacements those of the first. */
function singleUnitDrops(input: AnalysisInput, layers: readonly LayerSummary[]): MeasuredDrops[] {
  const { baseline } = input;
  const dropOf = ({ correct, samples }: AblationRecord) =>
    100 * (baseline.correct / baseline.samples - correct / samples);
  return input.sweeps
    .filter(({ sweep }) => sweep.ablate === "each-unit")
    .flatMap(({ index, ablations }) => {
      const first = ablations[0]?.replacement;
      return layers.flatMap((layer): MeasuredDrops[] => {
        const own = ablations.filter(
          ({ sites: [site], replacement }) => site!.layerIndex === layer.layerIndex && replacement === first,
        );
        if (own.length === 0) return [];
        const drops = new Array<number | null>(layer.units).fill(null);
        for (const record of own) drops[record.sites[0]!.units[0]!] = dropOf(record);
        return [{ sweep: index, layer, drops }];
      });
    });
}

function warnNothing({ output }: AnalysisDevice, name: string): void {
  output.warning(`the analysis "${name}" has nothing to compare with: no sweep ablates each unit of its layers`);
}
