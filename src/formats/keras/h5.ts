/**
 * Keras' HDF5 files (`model.save("model.h5")`, Keras 2 and 3): the configuration is an attribute, and each layer has a
 * group with its weights, in which the weights of all layers of a nested model are.
 */
import { LesionError } from "../../core/errors.ts";
import type { Network } from "../../network/network.ts";
import { type Hdf5File, openHdf5 } from "../hdf5.ts";
import { parsed } from "./config.ts";
import { readKeras } from "./read.ts";
import { namedWeights, type StoredWeight, variableOf, type WeightSource } from "./weights.ts";

/** The network in an .h5 file. Throws as `readKeras` does, and "bad-file" for damage, "unsupported" for weights alone. */
export async function readKerasH5(bytes: Uint8Array, name: string): Promise<Network> {
  using file = await openHdf5(bytes);
  const text = file.text("", "model_config");
  if (text === null) throw withoutModel(file);
  return readKeras(
    { model: parsed(text, "model_config"), kerasVersion: file.text("", "keras_version"), weights: weightsOf(file) },
    name,
  );
}

function withoutModel(file: Hdf5File): LesionError {
  const names = file.names("");
  const isKeras = file.texts("", "layer_names") !== null || names.some((name) => KERAS_GROUPS.includes(name));
  const what = isKeras ? "weights without the model they belong to" : "no Keras model";
  const shown = names.slice(0, 8).join(", ") || "nothing";
  return new LesionError("unsupported", `the HDF5 file holds ${what} (in it: ${shown})`, {
    where: "model_config",
    fix: 'Load the weights into the model in Keras and save all of it: model.save("model.keras").',
  });
}

const KERAS_GROUPS: readonly string[] = ["model_weights", "layers", "_layer_checkpoint_dependencies", "vars"];

function weightsOf(file: Hdf5File): WeightSource {
  return {
    of: ({ names }, variables) => {
      const group = `model_weights/${names[0]!}`;
      const stored = (file.texts(group, "weight_names") ?? []).map((name): StoredWeight | null => {
        const floats = file.floats(`${group}/${name}`);
        return floats && { name, shape: floats.shape, read: floats.read };
      });
      const weights = stored.filter((weight) => weight !== null);
      if (names.length > 1) return namedWeights(weights).find(names.at(-1)!, variables);
      const byVariable = variables.map((known) => weights.find(({ name }) => known.includes(variableOf(name))) ?? null);
      // Keras itself goes by the order alone.
      const isComplete = byVariable.every((weight) => weight !== null) || weights.length !== variables.length;
      return isComplete ? byVariable : weights;
    },
  };
}
