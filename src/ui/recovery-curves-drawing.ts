/**
 * Draws recovery by epoch: each network's accuracy where they are few, the median and the middle half where they are many;
 * the intact network, the control and the selected ablation over them.
 */
import { ARMS, type Arm, addMark } from "./arms.ts";
import { type ArmCurves, curvesOf, type LiveRecovery, MOST_LINES, type RecoveryCurve } from "./live-recovery.ts";
import { paintAxes } from "./plot-axes.ts";
import type { PlotLayout } from "./recovery-layout.ts";
import { quartilesOf } from "./spread.ts";
import type { ChartTheme } from "./theme.ts";

export interface CurvesPicture {
  readonly live: LiveRecovery;
  readonly layout: PlotLayout;
  /** Accuracy of the intact network, in per cent; null before it is measured. */
  readonly baseline: number | null;
  /** Row of the ablation that stands out, and whether all others step back. */
  readonly shown: number | null;
  readonly hovered: RecoveryCurve | null;
  readonly epoch: number | null;
}

/** Nothing before the first epoch: there is no accuracy yet to put axes to. */
export function paintCurves(context: CanvasRenderingContext2D, theme: ChartTheme, picture: CurvesPicture): void {
  const { live, layout, baseline, shown, hovered, epoch } = picture;
  if (live.epochs === 0) return;
  paintAxes(context, theme, layout, { x: "epoch", y: "right, %", whole: true });
  if (epoch !== null) {
    context.fillStyle = theme.muted;
    context.fillRect(Math.round(layout.x(epoch)), layout.top, 1, layout.bottom - layout.top);
  }
  for (const arm of ARMS) {
    if (arm !== "control") paintArm(context, theme, layout, arm, live.arms[arm], shown === null ? 1 : 0.4);
  }
  if (baseline !== null) paintBaseline(context, theme, layout, baseline);
  for (const curve of curvesOf(live, shown)) paintCurve(context, theme, layout, curve);
  if (hovered !== null) paintCurve(context, theme, layout, hovered);
}

function paintArm(
  context: CanvasRenderingContext2D,
  theme: ChartTheme,
  layout: PlotLayout,
  arm: Arm,
  { byRow, spreads }: ArmCurves,
  strength: number,
): void {
  context.strokeStyle = theme.arms[arm];
  context.fillStyle = theme.arms[arm];
  context.lineJoin = "round";
  if (byRow.size <= MOST_LINES) {
    context.globalAlpha = 0.5 * strength;
    context.lineWidth = 1;
    for (const curve of byRow.values()) context.stroke(lineOf(layout, curve));
  } else {
    const band = spreads.flatMap((spread, epoch) => {
      const quartiles = quartilesOf(spread);
      return quartiles === null ? [] : [{ epoch, ...quartiles }];
    });
    const area = new Path2D();
    for (const { epoch, high } of band) area.lineTo(layout.x(epoch), layout.y(100 * high));
    for (const { epoch, low } of band.toReversed()) area.lineTo(layout.x(epoch), layout.y(100 * low));
    context.globalAlpha = 0.18 * strength;
    context.fill(area);
    const middle = new Path2D();
    for (const { epoch, median } of band) middle.lineTo(layout.x(epoch), layout.y(100 * median));
    context.globalAlpha = Math.min(1, 1.6 * strength);
    context.lineWidth = 2;
    context.stroke(middle);
  }
  context.globalAlpha = 1;
}

function paintBaseline(context: CanvasRenderingContext2D, theme: ChartTheme, layout: PlotLayout, baseline: number) {
  const y = Math.round(layout.y(baseline)) + 0.5;
  context.strokeStyle = theme.ink;
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.moveTo(layout.left, y);
  context.lineTo(layout.right, y);
  context.stroke();
  context.setLineDash([]);
}

/** One network's curve on top: wide, on the ground's colour, with the arm's marks. */
function paintCurve(context: CanvasRenderingContext2D, theme: ChartTheme, layout: PlotLayout, curve: RecoveryCurve) {
  const line = lineOf(layout, curve);
  context.lineJoin = "round";
  context.strokeStyle = theme.paper;
  context.lineWidth = 4.5;
  context.stroke(line);
  context.strokeStyle = theme.arms[curve.arm];
  context.lineWidth = 2;
  if (curve.arm === "control") context.setLineDash([6, 3]);
  context.stroke(line);
  context.setLineDash([]);
  const apart = (layout.right - layout.left) / Math.max(1, layout.xDomain[1]);
  const marks = new Path2D();
  for (const { epoch, correct, samples, diverged } of curve.records) {
    const [x, y] = [layout.x(epoch), layout.y((100 * correct) / samples)];
    if (diverged) {
      marks.moveTo(x - 5, y - 5);
      marks.lineTo(x + 5, y + 5);
      marks.moveTo(x + 5, y - 5);
      marks.lineTo(x - 5, y + 5);
    } else if (apart >= 14) addMark(marks, curve.arm, x, y, 3.4);
  }
  context.fillStyle = theme.arms[curve.arm];
  context.lineWidth = 1.5;
  context.stroke(marks);
  context.fill(marks);
}

function lineOf(layout: PlotLayout, { records }: RecoveryCurve): Path2D {
  const line = new Path2D();
  for (const { epoch, correct, samples } of records) line.lineTo(layout.x(epoch), layout.y((100 * correct) / samples));
  return line;
}
