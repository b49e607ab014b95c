/** Which network: one the run builds and trains, or a file. */
import type { ModelReport } from "../../workers/protocol.ts";
import type { BuildOptions, TrainOptions } from "../study/study.ts";
import { DropZone } from "./drop-zone.tsx";
import { NumberField } from "./field.tsx";
import { bytes, count, short } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import { NETWORK_PRESETS, presetOf } from "./network-presets.ts";
import { networkText } from "./network-text.ts";

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
      {"build" in model ? (
        <Built lab={lab} {...model} />
      ) : (
        <FromFile file={model.file} initial={model.initial} report={report} />
      )}
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
  const edit = (change: Partial<TrainOptions>) =>
    lab.editStudy((study) => ({ ...study, model: { build, train: { ...train, ...change } } }));
  const preset = presetOf(lab.study.value);
  return (
    <>
      <div class="field">
        <label for="network">Network</label>
        <select
          id="network"
          value={preset?.id ?? OWN}
          onChange={(event) => {
            const next = NETWORK_PRESETS.find(({ id }) => id === event.currentTarget.value);
            if (next !== undefined) lab.useNetwork(next.model);
          }}
        >
          {NETWORK_PRESETS.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
          {preset === null && <option value={OWN}>as the study document has it</option>}
        </select>
      </div>
      <p class="lead">{networkText(build)}</p>
      <p class="quiet">
        {traitsOf(build)}. Trained by the run with {train.optimizer.kind.toUpperCase()}, batches of {count(train.batch)}
        {train.networks > 1 ? `, ${count(train.networks)} networks at once, of which the first is ablated` : ""}.
      </p>
      <div class="fields" key={preset?.id ?? OWN}>
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

const OWN = "own";

/** What the layers are, and what stands between them: "Dense, relu", "Convolutions and dense, batch norm, relu". */
function traitsOf({ layers }: BuildOptions): string {
  const weighted = layers.filter((layer) => layer.kind === "dense" || layer.kind === "conv");
  const kinds = new Set(weighted.map(({ kind }) => kind));
  const named = kinds.has("conv") ? (kinds.has("dense") ? "Convolutions and dense" : "Convolutions") : "Dense";
  const norm = weighted.some(({ batchNorm }) => batchNorm) ? ["batch norm"] : [];
  return [named, ...norm, ...new Set(weighted.slice(0, -1).map(({ activation }) => activation))].join(", ");
}

function FromFile(props: { file: string; initial: string | null; report: ModelReport | null }) {
  const { file, initial, report } = props;
  const before = initial !== null && <p class="quiet file-name">before training: {initial}</p>;
  if (report === null) {
    return (
      <>
        <p class="lead">{file}</p>
        {before}
      </>
    );
  }
  return (
    <>
      <p class="lead">{report.name}</p>
      {before}
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
