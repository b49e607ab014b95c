/** Which samples: the embedded digits, or dropped files; and the transform from stored values to inputs. */
import type { Files } from "../../workers/protocol.ts";
import type { ErrorReport } from "../core/errors.ts";
import type { DataSource, ImageDataSource } from "../study/study.ts";
import { DropZone } from "./drop-zone.tsx";
import { idxImages } from "./dropped-data.ts";
import { NumberField } from "./field.tsx";
import { count } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import { SampleStrip } from "./sample-strip.tsx";

const SETS: Readonly<Record<Exclude<DataSource["set"], "digits">, string>> = {
  mnist: "MNIST",
  idx: "IDX files",
  images: "Images",
  cifar10: "CIFAR-10",
  npy: "NumPy arrays",
};

/** Changes keys of the study's data; returns what is wrong with the change. */
type Edit = (change: Partial<DataSource>) => ErrorReport | null;

export function DataCard({ lab }: { lab: Lab }) {
  const { data } = lab.study.value;
  const edit: Edit = (change) => lab.editStudy((study) => ({ ...study, data: { ...data, ...change } }));
  return (
    <section class="card" aria-labelledby="data-title">
      <header>
        <h2 id="data-title">Data</h2>
        {data.set !== "digits" && (
          <button type="button" class="plain" onClick={lab.useEmbeddedData}>
            use the embedded digits
          </button>
        )}
      </header>
      {data.set === "digits" ? (
        <>
          <p class="lead">Embedded digits</p>
          <p class="quiet">28 × 28 handwriting-like digits, drawn from a seed: 60,000 to train on, 10,000 to test.</p>
        </>
      ) : (
        <Dropped data={data} set={data.set} files={lab.files.value} />
      )}
      <DropZone label="Choose data" accept="*" take={(files) => void lab.takeFiles(files)}>
        <span>Drop IDX files, images (a folder or an archive), .npy or CIFAR-10 files, or choose them</span>
      </DropZone>
      <div class="fields">
        <NumberField label="Samples to test" value={data.limit} placeholder="all" apply={(limit) => edit({ limit })} />
        {data.set === "images" ? (
          <Sides data={data} edit={edit} />
        ) : (
          <NumberField
            label="Binarise above"
            value={data.threshold}
            placeholder="off"
            apply={(threshold) => edit({ threshold })}
          />
        )}
        <Normalize data={data} edit={edit} />
      </div>
      <p class="quiet formula">
        x = (p / {data.scale} {"\u2212"} {shown(data.normalize.mean)}) / {shown(data.normalize.std)}
      </p>
    </section>
  );
}

/** The files that were dropped: their names where they are few, the first images of an IDX file. */
function Dropped({ data, set, files }: { data: DataSource; set: keyof typeof SETS; files: Files }) {
  const path = data.path ?? "";
  const own = Object.entries(files).filter(([name]) => name === path || name.startsWith(`${path}/`));
  const images = idxImages(data, files);
  return (
    <>
      <p class="lead">
        {SETS[set]}, {data.split} split
      </p>
      {own.length > MOST_NAMES ? (
        <p class="quiet">
          {count(own.length)} files in {path}
        </p>
      ) : (
        <ul class="file-list">
          {own.map(([name]) => (
            <li key={name}>{name === path ? name.split("/").at(-1) : name.slice(path.length + 1)}</li>
          ))}
        </ul>
      )}
      {images !== null && <SampleStrip images={images} />}
    </>
  );
}

const MOST_NAMES = 8;

function Sides({ data: { resize, crop }, edit }: { data: ImageDataSource; edit: Edit }) {
  return (
    <>
      <NumberField label="Resize" value={resize} placeholder="off" apply={(resize) => edit({ resize })} />
      <NumberField label="Crop" value={crop} placeholder="off" apply={(crop) => edit({ crop })} />
    </>
  );
}

/** One mean and deviation for all channels; those of single channels are left to the study's document. */
function Normalize({ data: { normalize }, edit }: { data: DataSource; edit: Edit }) {
  const { mean, std } = normalize;
  if (mean.length > 1 || std.length > 1) return null;
  return (
    <>
      <NumberField
        label="Mean"
        value={mean[0] ?? 0}
        apply={(value) => edit({ normalize: { mean: [value as number], std } })}
      />
      <NumberField
        label="Deviation"
        value={std[0] ?? 1}
        apply={(value) => edit({ normalize: { mean, std: [value as number] } })}
      />
    </>
  );
}

const shown = (values: readonly number[]) => (values.length === 1 ? String(values[0]) : `[${values.join(", ")}]`);
