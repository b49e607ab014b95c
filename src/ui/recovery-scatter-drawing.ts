/** Draws what came back against what was lost: a mark an ablation and arm, hollow until its last epoch. */
import { ARMS, addMark } from "./arms.ts";
import type { LiveRecovery, RecoveryCurve } from "./live-recovery.ts";
import { paintAxes } from "./plot-axes.ts";
import { type PlotLayout, pointOf } from "./recovery-layout.ts";
import type { ChartTheme } from "./theme.ts";

export interface ScatterPicture {
  readonly live: LiveRecovery;
  readonly layout: PlotLayout;
  readonly selected: number | null;
  readonly cursor: RecoveryCurve | null;
}

/** Marks beyond this many are drawn as small squares: shapes no longer read, and squares are quick. */
const MOST_SHAPES = 2000;

/** Nothing before the first mark. */
export function paintScatter(context: CanvasRenderingContext2D, theme: ChartTheme, picture: ScatterPicture): void {
  const { live, layout, selected, cursor } = picture;
  const { left, right, top, bottom, xDomain, yDomain } = layout;
  if (live.points.length === 0) return;
  paintAxes(context, theme, layout, { x: "lost, percentage points", y: "regained, pp", whole: false });
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  context.lineWidth = 1;
  context.strokeStyle = theme.muted;
  const reach = Math.max(xDomain[1], yDomain[1]);
  for (const [share, dash] of [
    [1, []],
    [0.5, [3, 4]],
  ] as const) {
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(layout.x(0), layout.y(0));
    context.lineTo(layout.x(reach), layout.y(share * reach));
    context.stroke();
  }
  context.setLineDash([]);
  context.restore();
  if (xDomain[0] < 0) {
    context.fillStyle = theme.muted;
    context.fillRect(Math.round(layout.x(0)), top, 1, bottom - top);
  }
  paintLineNames(context, theme, layout);
  if (live.points.length > MOST_SHAPES) paintDots(context, theme, picture);
  else paintMarks(context, theme, picture);
  const above = live.points.filter(({ row }) => row === selected && selected !== null);
  for (const curve of cursor === null ? above : [...above, cursor]) paintChosen(context, theme, layout, curve);
}

/** Names the lines where they leave the plot. */
function paintLineNames(context: CanvasRenderingContext2D, theme: ChartTheme, layout: PlotLayout): void {
  context.fillStyle = theme.muted;
  context.textBaseline = "middle";
  for (const [share, name] of [
    [1, "all"],
    [0.5, "half"],
  ] as const) {
    const x = Math.min(layout.xDomain[1], layout.yDomain[1] / share);
    const [right, up] = [layout.x(x), layout.y(share * x)];
    context.textAlign = "right";
    context.fillText(name, right - 16, Math.max(layout.top + 6, up - 2));
  }
}

function paintMarks(context: CanvasRenderingContext2D, theme: ChartTheme, { live, layout }: ScatterPicture): void {
  context.lineWidth = 1.2;
  for (const arm of ARMS) {
    const [done, going] = [new Path2D(), new Path2D()];
    for (const curve of live.points) {
      const point = curve.arm === arm ? pointOf(curve) : null;
      if (point === null) continue;
      const { epoch, epochs } = curve.summary!;
      addMark(epoch === epochs ? done : going, arm, layout.x(point.x), layout.y(point.y), 3.2);
    }
    context.strokeStyle = context.fillStyle = theme.arms[arm];
    context.globalAlpha = 0.45;
    context.fill(done);
    context.globalAlpha = 0.9;
    context.stroke(done);
    context.stroke(going);
    context.globalAlpha = 1;
  }
}

/** A dot is drawn once where many lie on one another. */
function paintDots(context: CanvasRenderingContext2D, theme: ChartTheme, { live, layout }: ScatterPicture): void {
  const columns = Math.ceil(layout.width / DOT);
  context.globalAlpha = 0.6;
  for (const arm of ARMS) {
    const drawn = new Uint8Array(columns * Math.ceil(layout.height / DOT));
    context.fillStyle = theme.arms[arm];
    for (const curve of live.arms[arm].byRow.values()) {
      const point = pointOf(curve);
      if (point === null) continue;
      const column = Math.round(layout.x(point.x) / DOT);
      const row = Math.round(layout.y(point.y) / DOT);
      if (drawn[row * columns + column] === 1) continue;
      drawn[row * columns + column] = 1;
      context.fillRect((column - 0.5) * DOT, (row - 0.5) * DOT, DOT, DOT);
    }
  }
  context.globalAlpha = 1;
}

/** Side of a dot in pixels. */
const DOT = 2;

function paintChosen(context: CanvasRenderingContext2D, theme: ChartTheme, layout: PlotLayout, curve: RecoveryCurve) {
  const point = pointOf(curve);
  if (point === null) return;
  const mark = new Path2D();
  addMark(mark, curve.arm, layout.x(point.x), layout.y(point.y), 5.5);
  context.strokeStyle = theme.paper;
  context.lineWidth = 5;
  context.stroke(mark);
  context.fillStyle = theme.arms[curve.arm];
  context.fill(mark);
  context.strokeStyle = theme.ink;
  context.lineWidth = 1.5;
  context.stroke(mark);
}
