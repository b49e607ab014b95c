/** The key of a map: which colour is which change, with zero in the middle. */
import { Canvas } from "./canvas.tsx";
import { signed } from "./format.ts";
import { PALETTE_SIZE } from "./palette.ts";
import { endDigits, niceCeiling } from "./scale.ts";

const WIDTH = 120;

/** A scale from -limit to +limit, rounded up as the maps round it; `ends` say what the two are. */
export function Legend(props: { limit: number; what: string; ends?: readonly [low: string, high: string] }) {
  const { limit, what, ends = ["better", "worse"] } = props;
  const end = niceCeiling(limit);
  const digits = endDigits(end);
  return (
    <div class="legend">
      <div class="scale">
        <span>
          {ends[0]} {signed(-end, digits)}
        </span>
        <Canvas
          width={WIDTH}
          height={10}
          paint={(context, { colours }) => {
            for (let x = 0; x < WIDTH; x++) {
              context.fillStyle = colours[Math.round((x / (WIDTH - 1)) * (PALETTE_SIZE - 1))]!;
              context.fillRect(x, 0, 1, 10);
            }
          }}
        />
        <span>
          {signed(end, digits)} {ends[1]}
        </span>
      </div>
      <span class="quiet">{what}</span>
    </div>
  );
}
