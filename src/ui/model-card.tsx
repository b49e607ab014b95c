/** Which network: one the run builds and trains, or a file. */
import type { ModelReport } from "../../workers/protocol.ts";
import type { BuildOptions, TrainOptions } from "../study/study.ts";
import { DropZone } from "./drop-zone.tsx";
import { NumberField } from "./field.tsx";
import { bytes, count, short } from "./format.ts";
import type { Lab } from "./lab-state.ts";

export function ModelCard({ lab }: { lab: Lab }) {
  const { model } = lab.study.value;
  const report = lab.model.value;
  return (
    <section class="card" aria-labelledby="model-title">
      <header>
        <h2 id="model-title">Model</h2>
        {"file" in model && (
          <button type="button" class="plain" onClick={lab.useEmbeddedModel}>
            train a network instead
          </button>
        )}
      </header>
      {"build" in model ? <Built lab={lab} {...model} /> : <FromFile file={model.file} report={report} />}
      <DropZone
        label="Choose a model"
        accept=".onnx,.keras,.h5,.hdf5,.safetensors,.json,.bin,.data"
        take={(files) => void lab.takeFiles(files)}
      >
        <span>Drop a model, or choose one: ONNX, Keras, TensorFlow.js, safetensors</span>
      </DropZone>
    </section>
  );
}

function Built({ lab, build, train }: { lab: Lab; build: BuildOptions; train: TrainOptions }) {
  const widths = [build.input, ...build.layers.map(({ units }) => units)];
  const edit = (change: Partial<TrainOptions>) =>
    lab.editStudy((study) => ({ ...study, model: { build, train: { ...train, ...change } } }));
  return (
    <>
      <p class="lead">{widths.join(" \u2013 ")}</p>
      <p class="quiet">
        Dense, {[...new Set(build.layers.slice(0, -1).map(({ activation }) => activation))].join(", ")}. Trained by the
        run with {train.optimizer.kind.toUpperCase()}, batches of {count(train.batch)}.
      </p>
      <div class="fields">
        <NumberField label="Epochs" value={train.epochs} apply={(epochs) => edit({ epochs: epochs as number })} />
        <NumberField
          label="Learning rate"
          value={train.optimizer.learningRate}
          apply={(learningRate) => edit({ optimizer: { ...train.optimizer, learningRate: learningRate as number } })}
        />
        <NumberField
          label="Training samples"
          value={train.limit}
          placeholder="all"
          apply={(limit) => edit({ limit })}
        />
      </div>
    </>
  );
}

function FromFile({ file, report }: { file: string; report: ModelReport | null }) {
  if (report === null) return <p class="lead">{file}</p>;
  return (
    <>
      <p class="lead">{report.name}</p>
      <p class="quiet">
        {count(report.parameters)} parameters, {short(report.macs)}MAC a sample, {bytes(report.bytes)}
      </p>
      <ol class="layers">
        {report.layers.map((layer) => (
          <li key={layer.name} class={layer.layerIndex === null ? "quiet" : ""}>
            <span class="layer-index">{layer.layerIndex ?? ""}</span>
            <span class="layer-name">{layer.name}</span>
            <span class="quiet">
              {layer.kind}
              {layer.activation === "linear" || layer.activation === layer.kind ? "" : `, ${layer.activation}`}
            </span>
            <span class="layer-shape">{layer.shape.join("\u00d7")}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
