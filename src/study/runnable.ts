/**
 * Models as they are evaluated on arrays: which arrays they take and give, and how those become what the engine takes
 * and gives. The engine is handed in, so that this needs no GPU to be tested.
 */
import { LesionError } from "../core/errors.ts";
import type { NpyArray, NpyType, NpyValues } from "../data/npy.ts";
import { type NpyOutput, npyFloats, npyIntegers } from "../data/npy-values.ts";
import { companion, type ModelFiles } from "../formats/model-files.ts";
import { externalFiles } from "../formats/onnx/external.ts";
import { graphInputs, graphOutputs, type OnnxArray, readOnnxToRun } from "../formats/onnx/to-run.ts";
import { readModel } from "../formats/read-model.ts";
import type { Network } from "../network/network.ts";
import { inferShapes, shapeText } from "../network/shapes.ts";

/** An array and the file it is from. */
export interface GivenArray {
  readonly file: string;
  readonly array: NpyArray;
}

/** A model that can be evaluated. */
export interface Runnable {
  /** Names, in the model's order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Every output, for arrays by the names of inputs. Throws `bad-data` for arrays that are missing or do not fit. */
  run(arrays: ReadonlyMap<string, GivenArray>): Promise<ReadonlyMap<string, NpyOutput>>;
}

/** The results of a network's outputs, [samples, ...shape], for feeds [samples, ...shape] of its inputs. */
export type Evaluate = (
  network: Network,
  feeds: ReadonlyMap<string, Float32Array>,
  samples: number,
) => Promise<ReadonlyMap<string, Float32Array>>;

/**
 * Opens a model file of any format; its companions are found among `files`. Throws as `readModel` and `readOnnxToRun`.
 */
export async function openRunnable(model: string, files: ModelFiles, evaluate: Evaluate): Promise<Runnable> {
  if (!/\.onnx$/i.test(model)) return networkRunnable(await readModel(model, files), evaluate);
  const bytes = await files.bytesOf(model);
  const external = new Map<string, Uint8Array>();
  for (const name of externalFiles(bytes)) external.set(name, await companion(files, model, name, BESIDE));
  return onnxRunnable(bytes, model.replace(/^.*[\\/]/, "").replace(/\.onnx$/i, ""), external, evaluate);
}

const BESIDE = "Put it beside the model under that name, or save the model as one file.";

/** Arrays in the model's own order of axes, batch included; booleans and integers stay what they are. */
function onnxRunnable(
  bytes: Uint8Array,
  name: string,
  external: ReadonlyMap<string, Uint8Array>,
  evaluate: Evaluate,
): Runnable {
  return {
    inputs: graphInputs(bytes).map((input) => input.name),
    outputs: graphOutputs(bytes).map((output) => output.name),
    async run(arrays) {
      const given = new Map([...arrays].map(([input, { array, file }]) => [input, onnxArray(array, file)] as const));
      const toRun = readOnnxToRun(bytes, name, given, external);
      const { network, feeds, samples } = toRun;
      // A network all of whose outputs are constants has no layers to evaluate.
      const computed = network.outputs.length === 0 ? new Map() : await evaluate(network, feeds, samples);
      const results = toRun.outputs(computed);
      return new Map(
        graphOutputs(bytes).map(({ name, dtype }) => [name, npyOutput(results.get(name)!, dtype)] as const),
      );
    },
  };
}

function onnxArray(array: NpyArray, file: string): OnnxArray {
  const { dtype, dims } = array;
  if (dtype === "bool") return { type: "boolean", dims, values: npyIntegers(array, file) };
  if (dtype.startsWith("f")) return { type: "float", dims, values: npyFloats(array) };
  return { type: "integer", dims, values: npyIntegers({ ...array, values: withoutEnds(array.values) }, file) };
}

/** From here on an integer stands for the end of an axis, as the largest int64 does in slices. */
const END = 2n ** 62n;

function withoutEnds(values: NpyValues): NpyValues {
  if (!(values instanceof BigInt64Array)) return values;
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return values.map((value) => (value >= END ? most : value <= -END ? -most : value));
}

/** As the type the model declares, or else one that holds what was computed. */
function npyOutput({ type, dims, values }: OnnxArray, declared: NpyType | null): NpyOutput {
  const { dtype, kinds } = NPY_KINDS[type];
  return { dtype: declared !== null && kinds.includes(declared[0]!) ? declared : dtype, dims, values };
}

const NPY_KINDS = {
  float: { dtype: "f4", kinds: "f" },
  integer: { dtype: "i8", kinds: "iu" },
  boolean: { dtype: "bool", kinds: "b" },
} as const;

/** Arrays [samples, ...shape], features last, of any type of number. */
function networkRunnable(network: Network, evaluate: Evaluate): Runnable {
  return {
    inputs: network.inputs.map(({ name }) => name),
    outputs: network.outputs,
    async run(arrays) {
      const samples = samplesOf(network, arrays);
      const feeds = new Map([...arrays].map(([name, { array }]) => [name, npyFloats(array)] as const));
      const shapes = inferShapes(network);
      const computed = await evaluate(network, feeds, samples);
      return new Map(
        network.outputs.map((name) => [
          name,
          { dtype: "f4", dims: [samples, ...shapes.get(name)!], values: computed.get(name)! },
        ]),
      );
    },
  };
}

/** How many samples the arrays hold, after each was compared with the shape of its input. */
function samplesOf(network: Network, arrays: ReadonlyMap<string, GivenArray>): number {
  let first: { readonly name: string; readonly samples: number } | null = null;
  for (const { name, shape } of network.inputs) {
    const given = arrays.get(name);
    const wanted = shapeText(["samples", ...shape]);
    if (given === undefined) {
      throw unfit(`the input "${name}", ${wanted}, is given no array`, name, `Add --input ${name}=FILE.npy.`);
    }
    const { file, array } = given;
    const [samples = 0, ...dims] = array.dims;
    if (samples === 0 || dims.length !== shape.length || dims.some((size, axis) => size !== shape[axis])) {
      const message = `${file} has the shape ${shapeText(array.dims)}, and the input "${name}" takes ${wanted}`;
      throw unfit(message, name, "Give one or more samples of that shape, channels last.");
    }
    first ??= { name, samples };
    if (samples !== first.samples) {
      const message = `${file} has ${samples} samples for "${name}", and "${first.name}" has ${first.samples}`;
      throw unfit(message, name, "Give every input as many samples.");
    }
  }
  return first?.samples ?? 0;
}

function unfit(message: string, input: string, fix: string): LesionError {
  return new LesionError("bad-data", message, { where: `input "${input}"`, fix });
}
