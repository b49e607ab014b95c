/** Which samples: the embedded digits, or dropped IDX files; and the transform from stored values to inputs. */
import type { DataSource } from "../study/study.ts";
import { DropZone } from "./drop-zone.tsx";
import { idxRole } from "./dropped-files.ts";
import { NumberField } from "./field.tsx";
import type { Lab } from "./lab-state.ts";
import { SampleStrip } from "./sample-strip.tsx";

export function DataCard({ lab }: { lab: Lab }) {
  const { data } = lab.study.value;
  const idx = Object.entries(lab.files.value).filter(([path]) => idxRole(path) !== null);
  const images = idx.find(([path]) => {
    const role = idxRole(path);
    return role?.content === "images" && role.split === data.split;
  })?.[1];
  const edit = (change: Partial<DataSource>) => lab.editStudy((study) => ({ ...study, data: { ...data, ...change } }));
  const { mean, std } = data.normalize;
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
          <p class="quiet">28 x 28 handwriting-like digits, drawn from a seed: 60,000 to train on, 10,000 to test.</p>
        </>
      ) : (
        <>
          <p class="lead">IDX files, {data.split} split</p>
          <ul class="file-list">
            {idx.map(([path]) => (
              <li key={path}>{path.split("/").at(-1)}</li>
            ))}
          </ul>
          {images instanceof Blob && <SampleStrip images={images} />}
        </>
      )}
      <DropZone label="Choose IDX files" accept=".gz,.idx,*" take={(files) => void lab.takeFiles(files)}>
        <span>Drop MNIST's IDX files (plain or .gz), or choose them</span>
      </DropZone>
      <div class="fields">
        <NumberField label="Samples to test" value={data.limit} placeholder="all" apply={(limit) => edit({ limit })} />
        <NumberField
          label="Binarise above"
          value={data.threshold}
          placeholder="off"
          apply={(threshold) => edit({ threshold })}
        />
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
      </div>
      <p class="quiet formula">
        x = (p / {data.scale} {"\u2212"} {mean.join(", ")}) / {std.join(", ")}
      </p>
    </section>
  );
}
