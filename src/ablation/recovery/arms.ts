/**
 * The arms of a recovery: what of a damaged network trains. Layers are told by their names in the training form of the
 * network, in which batch norms are layers of their own.
 */
import { trainedBy, trainsAny } from "../../engine/training/parameter-layout.ts";
import { descendantsOf, layersByName } from "../../network/graph.ts";
import type { Network } from "../../network/network.ts";
import { postActivationOf } from "../../network/simplify.ts";

/** All layers, those after the damage, those that were damaged; or all layers of the intact network. */
export type RecoveryArm = "all" | "after" | "layer" | "control";

/**
 * The layers that train in an arm where units of `damaged` are held; null: all that have parameters. A batch norm or scale
 * between a damaged layer and its activation counts as part of that layer.
 */
export function trainedLayers(form: Network, damaged: readonly string[], arm: RecoveryArm): ReadonlySet<string> | null {
  switch (arm) {
    case "all":
    case "control":
      return null;
    case "after": {
      const after = descendantsOf(
        form,
        damaged.map((layer) => postActivationOf(form, layer)),
      );
      return withParameters(form, after);
    }
    case "layer":
      return withParameters(form, new Set(damaged.flatMap((layer) => upToActivation(form, layer))));
  }
}

function withParameters(form: Network, names: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    form.layers.filter((layer) => names.has(layer.name) && trainsAny(layer, trainedBy(null))).map(({ name }) => name),
  );
}

/** A layer with units and what follows it up to its post-activation. */
function upToActivation(form: Network, layer: string): readonly string[] {
  const layers = layersByName(form);
  const names: string[] = [];
  for (let name = postActivationOf(form, layer); name !== layer; name = layers.get(name)!.inputs[0]!) names.push(name);
  return [...names, layer];
}
