/**
 * HDF5 files, read by the HDF5 library itself as WebAssembly (h5wasm), which is loaded when the first such file is opened.
 * Names with "/" lead through groups. Everything that it throws for a damaged file becomes a LesionError.
 */
import type { Dataset, Group } from "h5wasm";
import { LesionError } from "../core/errors.ts";

/** An open file; disposing frees it. */
export interface Hdf5File extends Disposable {
  /** A text attribute of a group; null where there is none. */
  text(group: string, attribute: string): string | null;
  /** An attribute that is a list of texts, also where Keras split it: "weight_names0", "weight_names1". */
  texts(group: string, attribute: string): readonly string[] | null;
  /** Names in a group; empty where there is none. */
  names(group: string): readonly string[];
  /** A data set of floats; null where there is none. */
  floats(path: string): Hdf5Floats | null;
}
export interface Hdf5Floats {
  readonly shape: readonly number[];
  read(): Float32Array;
}

/** Numbers that a file's data sets may become, for its bytes: what is compressed, or never written, grows. */
const FREE_NUMBERS = 1 << 24;
const NUMBERS_PER_BYTE = 4;

let opened = 0;
/** The library with its messages kept, once it was asked for. */
let library: Promise<typeof import("h5wasm")> | null = null;
/** What the library has reported of the call under way: it writes its errors out, and does not always throw. */
let reported = "";

/** Loads the library; what it would write to the console is kept in `reported` instead. */
async function loadLibrary(): Promise<typeof import("h5wasm")> {
  const hdf5 = await import("h5wasm");
  const devices = (await hdf5.ready).FS as unknown as Devices;
  const errors = devices.getStream(STANDARD_ERROR);
  if (errors !== null) devices.close(errors);
  devices.createDevice("/dev", "reported", null, (byte) => {
    if (reported.length < LONGEST_REPORT) reported += String.fromCharCode(byte);
  });
  // The lowest free number: that of standard error.
  devices.open("/dev/reported", "w");
  return hdf5;
}

/** Emscripten's file system where it is about devices; the library's types leave these out. */
interface Devices {
  getStream(descriptor: number): object | null;
  close(stream: object): void;
  createDevice(folder: string, name: string, input: null, output: (byte: number) => void): unknown;
  open(path: string, flags: string): object;
}
const STANDARD_ERROR = 2;
const LONGEST_REPORT = 8192;

/** Opens a file from its bytes, which it holds until it is disposed. Throws LesionError("bad-file") for damage. */
export async function openHdf5(bytes: Uint8Array): Promise<Hdf5File> {
  library ??= loadLibrary();
  const hdf5 = await library;
  const { FS } = hdf5.Module;
  const name = `${++opened}.h5`;
  const path = `/${name}`;
  let budget = FREE_NUMBERS + NUMBERS_PER_BYTE * bytes.length;
  FS.createDataFile("/", name, bytes, true, false, true);
  const file = open(hdf5, path);
  const at = (name: string) => (name === "" ? file : file.get(name));
  const group = (name: string) => {
    const found = intact(name, () => at(name));
    return found instanceof hdf5.Group ? found : null;
  };
  return {
    text: (name, attribute) => {
      const value = attributeOf(group(name), attribute);
      return typeof value === "string" ? value : null;
    },
    texts: (name, attribute) => {
      const found = group(name);
      const whole = textsOf(attributeOf(found, attribute));
      if (whole !== null) return whole;
      const parts: string[] = [];
      for (let part = 0; ; part++) {
        const more = textsOf(attributeOf(found, `${attribute}${part}`));
        if (more === null) return part === 0 ? null : parts;
        parts.push(...more);
      }
    },
    names: (name) => intact(name, () => group(name)?.keys() ?? []),
    floats: (name) => {
      const found = intact(name, () => at(name));
      if (!(found instanceof hdf5.Dataset)) return null;
      const { shape } = intact(name, () => found.metadata);
      return {
        shape: shape ?? [],
        read: () => {
          budget -= found.metadata.total_size;
          if (budget < 0)
            throw damaged(`"${name}" and what was read before it are larger than the file can hold`, name);
          return floatsOf(found, name);
        },
      };
    },
    [Symbol.dispose]() {
      file.close();
      FS.unlink(path);
    },
  };
}

function open(hdf5: typeof import("h5wasm"), path: string): InstanceType<typeof hdf5.File> {
  try {
    return intact("its start", () => {
      const file = new hdf5.File(path, "r");
      if (file.file_id < 0n) throw new Error("it cannot be opened");
      return file;
    });
  } catch (error) {
    hdf5.Module.FS.unlink(path);
    throw error;
  }
}

function attributeOf(group: Group | null, attribute: string): unknown {
  if (group === null) return null;
  return intact(attribute, () => {
    const { attrs } = group;
    return Object.hasOwn(attrs, attribute) ? attrs[attribute]!.value : null;
  });
}

/** An empty list has no text in it that would show its type. */
function textsOf(value: unknown): readonly string[] | null {
  if (ArrayBuffer.isView(value) && value.byteLength === 0) return [];
  return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : null;
}

function floatsOf(dataset: Dataset, name: string): Float32Array {
  const { dtype } = dataset;
  if (dtype !== "<f" && dtype !== "<d") {
    throw new LesionError(
      "unsupported",
      `the weights "${name}" are of the type ${JSON.stringify(dtype)}, not float32`,
      {
        where: name,
        fix: "Save the model with float32 variables (dtype policy float32 or mixed).",
      },
    );
  }
  const value = intact(name, () => dataset.value);
  if (value instanceof Float32Array) return value;
  if (value instanceof Float64Array) return Float32Array.from(value);
  // A data set without axes is one number.
  if (typeof value === "number") return Float32Array.of(value);
  throw damaged(`"${name}" has no numbers`, name);
}

/** What `read` gives; what it throws, or reports and does not throw, becomes a LesionError about the place. */
function intact<Result>(where: string, read: () => Result): Result {
  reported = "";
  try {
    const result = read();
    if (reported === "") return result;
    throw new Error("the library reported an error");
  } catch (cause) {
    if (cause instanceof LesionError) throw cause;
    // The library lists the calls that failed, outermost first; the innermost knows why.
    const why = [...reported.matchAll(/ in \w+\(\): (.+)/g)].at(-1)?.[1] ?? (cause as Error).message;
    throw damaged(`the HDF5 file is damaged at ${where || "its root"}: ${why}`, where, cause);
  }
}

function damaged(message: string, where: string, cause?: unknown): LesionError {
  return new LesionError("bad-file", message, {
    where,
    fix: "Get the file again, or save the model again, and compare the sizes of both copies.",
    ...(cause === undefined ? {} : { cause }),
  });
}
