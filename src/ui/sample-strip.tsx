/** The first images of an IDX file, so that a person sees that the right file was dropped. */
import { useEffect, useState } from "preact/hooks";
import { Canvas } from "./canvas.tsx";
import { firstSamples, type Samples } from "./idx-preview.ts";

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
  const { rows, columns, pixels, count } = samples;
  return (
    <Canvas
      width={count * 28}
      height={28}
      paint={(context) => {
        const image = new ImageData(columns * count, rows);
        const target = new Uint32Array(image.data.buffer);
        for (let n = 0; n < count; n++) {
          for (let y = 0; y < rows; y++) {
            for (let x = 0; x < columns; x++) {
              const value = 255 - pixels[(n * rows + y) * columns + x]!;
              target[y * columns * count + n * columns + x] = (255 << 24) | (value << 16) | (value << 8) | value;
            }
          }
        }
        const whole = new OffscreenCanvas(image.width, image.height);
        whole.getContext("2d")!.putImageData(image, 0, 0);
        context.drawImage(whole, 0, 0, count * 28, 28);
      }}
    />
  );
}
