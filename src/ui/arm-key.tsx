/** An arm's name with its line and mark, as the charts draw them. */
import type { ComponentChildren } from "preact";
import { ARM_TITLES, type Arm, addMark } from "./arms.ts";
import { Canvas } from "./canvas.tsx";

const WIDTH = 26;
const HEIGHT = 12;

export function ArmKey({ arm }: { arm: Arm }) {
  return (
    <Key
      title={ARM_TITLES[arm]}
      paint={(context, theme) => {
        const path = new Path2D();
        addMark(path, arm, WIDTH / 2, HEIGHT / 2, 3.6);
        context.strokeStyle = context.fillStyle = theme.arms[arm];
        context.lineWidth = 2;
        if (arm === "control") context.setLineDash([6, 3]);
        context.stroke(lineAcross());
        context.fill(path);
      }}
    />
  );
}

/** The intact network's line. */
export function IntactKey() {
  return (
    <Key
      title="intact, not trained further"
      paint={(context, theme) => {
        context.strokeStyle = theme.ink;
        context.setLineDash([2, 3]);
        context.stroke(lineAcross());
      }}
    />
  );
}

/** A patch of colour. */
export function PatchKey({ title, colour }: { title: string; colour: "worse" }) {
  return (
    <Key
      title={title}
      paint={(context, theme) => {
        context.fillStyle = theme[colour];
        context.fillRect(8, 1, 10, 10);
      }}
    />
  );
}

function Key({ title, paint }: { title: ComponentChildren; paint: Parameters<typeof Canvas>[0]["paint"] }) {
  return (
    <span class="key">
      <Canvas
        width={WIDTH}
        height={HEIGHT}
        paint={(context, theme) => {
          context.setLineDash([]);
          paint(context, theme);
          context.setLineDash([]);
        }}
      />
      <span>{title}</span>
    </span>
  );
}

function lineAcross(): Path2D {
  const line = new Path2D();
  line.moveTo(0, HEIGHT / 2 + 0.5);
  line.lineTo(WIDTH, HEIGHT / 2 + 0.5);
  return line;
}
