/** The loss and the accuracy of the network while it trains, epoch by epoch. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useWidth } from "./canvas.tsx";
import { percent } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import type { LiveResults } from "./live-results.ts";
import { type ChartTheme, chartTheme } from "./theme.ts";

const HEIGHT = 170;

export function LossCurve({ lab, results }: { lab: Lab; results: LiveResults }) {
  void lab.run.version.value;
  const [element, width] = useWidth<HTMLElement>();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = chartTheme.value;
  const { train } = results;
  const last = train.at(-1);
  const epochs = last?.epochs ?? 1;
  useEffect(() => {
    if (width === 0) return;
    plot.current = new uPlot(optionsOf(theme, width, epochs), [[], [], []], host.current!);
    return () => {
      plot.current?.destroy();
      plot.current = null;
    };
  }, [theme, width, epochs]);
  useEffect(() => {
    plot.current?.setData([
      train.map(({ epoch }) => epoch),
      train.map(({ loss }) => loss),
      train.map(({ correct, samples }) => (correct / samples) * 100),
    ]);
  }, [theme, width, epochs, train.length]);
  return (
    <figure class="chart" ref={element as never} style={{ "--natural": "420px" }}>
      <figcaption>
        <h3>Training</h3>
      </figcaption>
      <p class="readout">
        {last === undefined
          ? "the first epoch is under way"
          : `epoch ${last.epoch} of ${last.epochs}: loss ${last.loss.toFixed(4)}, ` +
            `${percent(last.correct / last.samples)} % of the training samples right`}
      </p>
      <div ref={host} aria-hidden="true" style={{ height: `${HEIGHT}px` }} />
    </figure>
  );
}

function optionsOf(theme: ChartTheme, width: number, epochs: number): uPlot.Options {
  const axis = (label: string, more: Partial<uPlot.Axis> = {}): uPlot.Axis => ({
    label,
    labelSize: 16,
    labelFont: theme.font,
    font: theme.font,
    stroke: theme.muted,
    size: 44,
    grid: { stroke: theme.rule, width: 1 },
    ticks: { show: false },
    ...more,
  });
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 4, 0, 0],
    scales: {
      x: { time: false, range: [0.5, epochs + 0.5] },
      accuracy: { range: (_, low) => [Math.min(low, 90), 100] },
    },
    axes: [
      axis("epoch", { size: 26, labelSize: 14, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], grid: { show: false } }),
      axis("loss, nats"),
      axis("right, %", { scale: "accuracy", side: 1, grid: { show: false } }),
    ],
    series: [
      {},
      { stroke: theme.worse, width: 1.5, points: { show: true, size: 5, fill: theme.worse } },
      {
        scale: "accuracy",
        stroke: theme.better,
        width: 1.5,
        dash: [4, 3],
        points: { show: true, size: 5, fill: theme.better },
      },
    ],
  };
}
