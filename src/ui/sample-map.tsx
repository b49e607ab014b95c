/**
 * Where the samples lie on the map of their inputs: by what becomes of them under the ablation that is selected, by class
 * where none is. Pointer and arrow keys go through the samples, and show them where the data are images that can be read.
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { EmbeddingRecord } from "../study/analysis-records.ts";
import { siteLabel } from "../study/summary.ts";
import { Canvas, useWidth } from "./canvas.tsx";
import { ChartCursor } from "./chart-cursor.tsx";
import { idxImages } from "./dropped-data.ts";
import { count } from "./format.ts";
import { firstSamples, inkPixels, type Samples } from "./idx-preview.ts";
import type { Lab } from "./lab-state.ts";
import type { LiveResults } from "./live-results.ts";
import { paintCursor, sampleDots } from "./sample-map-drawing.ts";
import { groupsByClass, groupsByStatus, mapLayout, type SampleGroups, sampleAt } from "./sample-map-layout.ts";
import { chartTheme } from "./theme.ts";

const METHODS = { tsne: "t-SNE", umap: "UMAP", pca: "principal components" } as const;
/** More images than this are not read for a glance. */
const MOST_IMAGES = 20_000;
const IMAGE_SIDE = 56;

export function SampleMap({ lab, record }: { lab: Lab; record: EmbeddingRecord }) {
  const [element, available] = useWidth<HTMLElement>();
  const [hovered, setHovered] = useState<number | null>(null);
  const [keyed, setKeyed] = useState<number | null>(null);
  const results = lab.run.results.value!;
  const theme = chartTheme.value;
  const row = lab.selected.value;
  const { classNames } = results.run!;
  const layout = useMemo(() => mapLayout(record.points, available), [record, available]);
  const status = useMemo(() => (row === null ? null : lab.run.statusOf(row)), [lab, row, record]);
  const groups = useMemo(
    () => (status === null ? groupsByClass(record, classNames) : groupsByStatus(status.subarray(0, record.n))),
    [record, status, classNames],
  );
  const sharpness = window.devicePixelRatio || 1;
  const dots = useMemo(
    () => (available > 0 ? sampleDots(layout, groups, theme, sharpness) : null),
    [layout, groups, theme, sharpness, available],
  );
  const cursor = hovered ?? keyed;
  const images = useImages(lab, cursor === null ? 0 : record.n);
  const what = status === null ? "by class" : `without ${labelOf(results, row!)}`;
  const title = `Samples ${what}, ${METHODS[record.method]}`;
  const readout = readoutOf(record, groups, status !== null, classNames, cursor);
  return (
    <figure class="chart sample-map" ref={element as never} style={{ "--natural": "420px" }}>
      <figcaption>
        <h4>{title}</h4>
        <span class="quiet">n = {count(record.n)}</span>
      </figcaption>
      <ul class="legend" aria-label="Colours">
        {groups.names.map((name, group) => (
          <li key={name} class="key">
            <span class="swatch" style={{ background: `var(--${groups.colours[group]})` }} />
            {name} <span class="quiet">{count(groups.counts[group]!)}</span>
          </li>
        ))}
      </ul>
      <div class="sample-line">
        <p class="readout">{readout}</p>
        {images !== null && cursor !== null && cursor < images.count && <SampleImage images={images} index={cursor} />}
      </div>
      <div class="chart-body">
        <ChartCursor
          places={record.n}
          at={cursor ?? 0}
          label={`${title}: left and right go through the samples`}
          text={readout}
          move={setKeyed}
          enter={() => setKeyed(cursor ?? 0)}
          leave={() => setKeyed(null)}
        />
        {dots !== null && (
          <Canvas
            width={layout.width}
            height={layout.height}
            paint={(context, theme) => {
              context.drawImage(dots, 0, 0, layout.width, layout.height);
              if (cursor !== null) paintCursor(context, theme, layout, cursor);
            }}
            onPoint={(point) => setHovered(point && sampleAt(layout, point))}
          />
        )}
      </div>
    </figure>
  );
}

function labelOf({ ablations, positionOf }: LiveResults, row: number): string {
  const record = ablations[positionOf.get(row) ?? -1];
  return record === undefined ? `row ${row}` : siteLabel(record.sites);
}

function readoutOf(
  { labels }: EmbeddingRecord,
  { names, groupOf }: SampleGroups,
  isByStatus: boolean,
  classNames: readonly string[],
  sample: number | null,
): string {
  if (sample === null) {
    return isByStatus ? "hover to read samples" : "select an ablation anywhere to see which samples it loses";
  }
  const label = labels[sample]!;
  const fate = isByStatus ? `, ${names[groupOf[sample]!]}` : "";
  return `sample ${count(sample)}, class ${classNames[label] ?? label}${fate}`;
}

/** The data's first `most` images, read once, when they are first asked for; null where they cannot be read, or not yet. */
function useImages(lab: Lab, most: number): Samples | null {
  const [read, setRead] = useState<{ readonly file: Blob; readonly samples: Samples | null } | null>(null);
  const input = lab.run.input();
  const file = input === null ? null : idxImages(input.study.data, input.files);
  const isWanted = most > 0 && most <= MOST_IMAGES;
  useEffect(() => {
    if (file === null || !isWanted || read?.file === file) return;
    let current = true;
    // A damaged file shows nothing here; the run's own reader has said what is wrong with it.
    firstSamples(file, most).then(
      (samples) => current && setRead({ file, samples }),
      () => {},
    );
    return () => {
      current = false;
    };
  }, [file, isWanted]);
  return read !== null && read.file === file ? read.samples : null;
}

function SampleImage({ images, index }: { images: Samples; index: number }) {
  return (
    <Canvas
      width={IMAGE_SIDE}
      height={IMAGE_SIDE}
      paint={(context) => {
        const pixels = new Uint8ClampedArray(inkPixels(images, index).buffer);
        const whole = new OffscreenCanvas(images.columns, images.rows);
        whole.getContext("2d")!.putImageData(new ImageData(pixels, images.columns, images.rows), 0, 0);
        context.drawImage(whole, 0, 0, IMAGE_SIDE, IMAGE_SIDE);
      }}
    />
  );
}
