/** The first images of an IDX file, so that a person sees that the right file was dropped. */
import { useEffect, useState } from "preact/hooks";
import { Canvas } from "./canvas.tsx";
import { firstSamples, inkPixels, type Samples } from "./idx-preview.ts";

export function SampleStrip({ images }: { images: Blob }) {
  const [samples, setSamples] = useState<Samples | null>(null);
  useEffect(() => {
    let current = true;
    setSamples(null);
    // A damaged file shows nothing here; the run's own reader says what is wrong with it.
    firstSamples(images).then(
      (found) => current && setSamples(found),
      () => {},
    );
    return () => {
      current = false;
    };
  }, [images]);
  if (samples === null) return null;
  const { rows, columns, count } = samples;
  return (
    <Canvas
      width={count * 28}
      height={28}
      paint={(context) => {
        const whole = new OffscreenCanvas(columns * count, rows);
        const target = whole.getContext("2d")!;
        for (let n = 0; n < count; n++) {
          const pixels = new Uint8ClampedArray(inkPixels(samples, n).buffer);
          target.putImageData(new ImageData(pixels, columns, rows), n * columns, 0);
        }
        context.drawImage(whole, 0, 0, count * 28, 28);
      }}
    />
  );
}
