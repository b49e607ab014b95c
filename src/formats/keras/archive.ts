/**
 * Keras 3's files (`model.save("model.keras")`): a zip archive of config.json, metadata.json and model.weights.h5, in which
 * weights are numbered: layers/conv2d_1/vars/0 is the first variable of the second Conv2D.
 */
import { type UnzipFileInfo, unzipSync } from "fflate";
import { LesionError } from "../../core/errors.ts";
import type { Network } from "../../network/network.ts";
import { type Hdf5File, openHdf5 } from "../hdf5.ts";
import { isObject, parsed } from "./config.ts";
import { damaged } from "./failure.ts";
import { readKeras } from "./read.ts";
import type { WeightSource } from "./weights.ts";

const CONFIG = "config.json";
const METADATA = "metadata.json";
const WEIGHTS = "model.weights.h5";

/** An archive may claim any sizes; weights hardly shrink, text a few times. */
const FREE_BYTES = 1 << 24;
const MOST_GROWTH = 16;

/** The network in a .keras file. Throws as `readKeras` does, "bad-file" for damage, "unsupported" for other archives. */
export async function readKerasArchive(bytes: Uint8Array, name: string): Promise<Network> {
  const names: string[] = [];
  const entries = unzipped(bytes, (entry) => {
    names.push(entry.name);
    if (![CONFIG, METADATA, WEIGHTS].includes(entry.name)) return false;
    if (entry.originalSize > FREE_BYTES + MOST_GROWTH * bytes.length) {
      throw damaged(`${entry.name} claims ${entry.originalSize} bytes in an archive of ${bytes.length}`, entry.name);
    }
    return true;
  });
  const config = entries[CONFIG];
  const weights = entries[WEIGHTS];
  if (config === undefined || weights === undefined) throw otherArchive(names);
  const decoder = new TextDecoder();
  const metadata = entries[METADATA] === undefined ? null : parsed(decoder.decode(entries[METADATA]), METADATA);
  const version = isObject(metadata) ? metadata["keras_version"] : null;
  using file = await openHdf5(weights);
  return readKeras(
    {
      model: parsed(decoder.decode(config), CONFIG),
      kerasVersion: typeof version === "string" ? version : "3",
      weights: weightsOf(file),
    },
    name,
  );
}

function unzipped(bytes: Uint8Array, filter: (entry: UnzipFileInfo) => boolean): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, { filter });
  } catch (cause) {
    throw cause instanceof LesionError ? cause : damaged("the zip archive is damaged", "its list of files", cause);
  }
}

function otherArchive(names: readonly string[]): LesionError {
  const shown = names.slice(0, 8).join(", ");
  const isPyTorch = names.some((name) => name.endsWith("data.pkl"));
  const isArrays = names.length > 0 && names.every((name) => name.endsWith(".npy"));
  const what = isPyTorch ? "a zip archive (PyTorch)" : isArrays ? "a zip archive (npz)" : "a zip archive";
  return new LesionError(
    "unsupported",
    `it is ${what} without ${CONFIG} and ${WEIGHTS} (in it: ${shown || "nothing"})`,
    {
      fix: isPyTorch
        ? "Load it in PyTorch and write it with torch.onnx.export."
        : 'Give a model: an ONNX file, or a .keras file as model.save("model.keras") writes it.',
    },
  );
}

/** Roots of the layers' groups: Keras 3's, and those of TensorFlow 2.12 to 2.15. */
const ROOTS: readonly string[] = ["layers", "_layer_checkpoint_dependencies", "_layers"];

function weightsOf(file: Hdf5File): WeightSource {
  const top = file.names("");
  const root = ROOTS.find((name) => top.includes(name)) ?? ROOTS[0]!;
  return {
    of: ({ numbered }, variables) => {
      const group = `${numbered.replace(/(^|\/)layers(?=\/)/g, `$1${root}`)}/vars`;
      return variables.map((_, index) => {
        const name = `${group}/${index}`;
        const floats = file.floats(name);
        return floats && { name, shape: floats.shape, read: floats.read };
      });
    },
  };
}
