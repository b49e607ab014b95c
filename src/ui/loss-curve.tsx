/** The loss of the network while it trains, and how much it gets right of what it trains on and of the test data, by epoch. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { TrainRecord } from "../study/records.ts";
import { Canvas, useWidth } from "./canvas.tsx";
import { count, percent } from "./format.ts";
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
  const train = results.train[0] ?? [];
  const last = train.at(-1);
  const epochs = last?.epochs ?? 1;
  useEffect(() => {
    if (width === 0) return;
    plot.current = new uPlot(optionsOf(theme, width, epochs), [[], [], [], []], host.current!);
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
      train.map(({ test }) => (test === undefined ? null : (test.correct / test.samples) * 100)),
    ]);
  }, [theme, width, epochs, train.length]);
  return (
    <figure class="chart" ref={element as never} style={{ "--natural": "420px" }}>
      <figcaption>
        <h3>Training</h3>
      </figcaption>
      <p class="readout">{last === undefined ? "the first epoch is under way" : readoutOf(last, results.train)}</p>
      <div
        ref={host}
        aria-hidden="true"
        style={{ height: `${HEIGHT}px`, visibility: last === undefined ? "hidden" : "visible" }}
      />
      <div class="legend">
        <LineKey title="loss" colour="worse" dash={[]} />
        <LineKey title="right of the training samples" colour="better" dash={TRAIN_DASH} />
        <LineKey title="right of the test samples" colour="ink" dash={[]} />
      </div>
    </figure>
  );
}

const TRAIN_DASH = [4, 3];

/** The first network's last epoch; of several networks, how far apart they are on the test data. */
function readoutOf(last: TrainRecord, networks: readonly (readonly TrainRecord[])[]): string {
  const { epoch, epochs, loss, correct, samples, test } = last;
  const right = `${percent(correct / samples)} % of the training samples right`;
  const tested = test === undefined ? "" : `, ${percent(test.correct / test.samples)} % of the test samples`;
  const others = networks.flatMap((records) => records.find((record) => record.epoch === epoch)?.test ?? []);
  const shares = others.map((test) => test.correct / test.samples);
  const apart =
    shares.length < 2
      ? ""
      : `; ${count(shares.length)} networks: ${percent(Math.min(...shares))} to ${percent(Math.max(...shares))} %`;
  return `epoch ${epoch} of ${epochs}: loss ${loss === null ? "not finite" : loss.toFixed(4)}, ${right}${tested}${apart}`;
}

function LineKey(props: { title: string; colour: "worse" | "better" | "ink"; dash: number[] }) {
  const { title, colour, dash } = props;
  return (
    <span class="key">
      <Canvas
        width={26}
        height={12}
        paint={(context, theme) => {
          context.strokeStyle = theme[colour];
          context.lineWidth = 1.5;
          context.setLineDash(dash);
          context.beginPath();
          context.moveTo(0, 6);
          context.lineTo(26, 6);
          context.stroke();
          context.setLineDash([]);
        }}
      />
      <span>{title}</span>
    </span>
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
      accuracy: { range: (_, low) => [Math.min(Number.isFinite(low) ? low : 90, 90), 100] },
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
        dash: TRAIN_DASH,
        points: { show: true, size: 5, fill: theme.better },
      },
      { scale: "accuracy", stroke: theme.ink, width: 1.5, points: { show: true, size: 5, fill: theme.ink } },
    ],
  };
}
