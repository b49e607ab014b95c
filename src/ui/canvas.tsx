/**
 * A canvas that is as sharp as the screen, as wide as its place, and painted anew whenever its component is rendered.
 * It is hidden from assistive technology: what it shows is said beside it.
 */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type ChartTheme, chartTheme } from "./theme.ts";

export type Paint = (context: CanvasRenderingContext2D, theme: ChartTheme) => void;

/** Width and height in CSS pixels. `onPoint` hears where the pointer is, and null when it leaves. */
export function Canvas(props: {
  readonly width: number;
  readonly height: number;
  readonly paint: Paint;
  readonly onPoint?: (point: { x: number; y: number } | null) => void;
  readonly onPick?: (point: { x: number; y: number }) => void;
}) {
  const { width, height, paint, onPoint, onPick } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = chartTheme.value;
  useLayoutEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    const sharpness = Math.min(window.devicePixelRatio || 1, 16_000 / Math.max(width, height));
    const [columns, rows] = [Math.round(width * sharpness), Math.round(height * sharpness)];
    if (canvas.current!.width !== columns) canvas.current!.width = columns;
    if (canvas.current!.height !== rows) canvas.current!.height = rows;
    context.setTransform(sharpness, 0, 0, sharpness, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = theme.font;
    paint(context, theme);
  });
  const at = (event: MouseEvent) => ({ x: event.offsetX, y: event.offsetY });
  return (
    <div aria-hidden="true">
      <canvas
        ref={canvas}
        style={{ width: `${width}px`, height: `${height}px` }}
        onPointerMove={(event) => onPoint?.(at(event))}
        onPointerLeave={() => onPoint?.(null)}
        onClick={(event) => onPick?.(at(event))}
      />
    </div>
  );
}

/** A reference to put on an element, and that element's present width in CSS pixels; 0 before it is known. */
export function useWidth<Measured extends HTMLElement>() {
  const element = useRef<Measured>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, []);
  return [element, width] as const;
}
