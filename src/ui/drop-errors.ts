/** What there is to say of dropped files that are not, or not wholly, taken. */
import { type ErrorReport, LesionError } from "../core/errors.ts";

/** A report that says which file it is about. */
export function placed(report: ErrorReport, file: string): ErrorReport {
  if (report.where?.includes(file) || report.message.includes(file)) return report;
  return { ...report, where: report.where === undefined ? file : `${file}, ${report.where}` };
}

export function withoutModel(name: string): LesionError {
  return new LesionError("bad-file", `${name} belongs to a model that was not dropped with it`, {
    where: name,
    fix: "Drop all files of the model together, model.json and its .bin files for instance.",
  });
}

export function unnamedModels(names: readonly string[]): LesionError {
  const [are, any] = names.length === 1 ? ["is", "it"] : ["are", "any of them"];
  return new LesionError("bad-file", `${names.join(", ")} ${are} here, but the study does not name ${any}`, {
    where: "model",
    fix: "Drop alone the one to study; or name it in the study document as model.file, or as model.initial, the network before training.",
  });
}

export function initialLeftOut(initial: string, file: string): LesionError {
  return new LesionError("bad-file", `${initial} is left out: nothing says that it is ${file} before training`, {
    where: "model.initial",
    fix: "Where it is, name it in the study document as model.initial.",
  });
}

export function withoutLabels(name: string): LesionError {
  return new LesionError("bad-data", `${name} and what was dropped with it do not say which class an image is of`, {
    where: name,
    fix: "Drop labels.csv with the columns file,class too, or a folder that holds one folder a class.",
  });
}

export function staysBeside(stays: readonly string[], dropped: string): LesionError {
  const [are, of] = stays.length === 1 ? ["stays", "it is of"] : ["stay", "they are of"];
  return new LesionError("bad-data", `${few(stays)}, dropped before, ${are} beside ${dropped}`, {
    where: stays[0]!,
    fix: `Where ${of} another set, drop the whole of the new one.`,
  });
}

export function unknownFiles(names: readonly string[]): LesionError {
  return new LesionError(
    "bad-file",
    `${few(names)} ${names.length === 1 ? "is" : "are"} neither a model, nor data, nor a study`,
    {
      where: names[0]!,
      fix: "Drop a model (.onnx, .keras, .h5, .safetensors, model.json with its .bin files), data (IDX files, images with labels.csv, .npy files, CIFAR-10's batches), or a study.json.",
    },
  );
}

const few = ([first = "", ...more]: readonly string[]) =>
  more.length === 0 ? first : `${first} and ${more.length} more`;
