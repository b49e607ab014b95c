/** The key of a map: which colour is which change, with zero in the middle. */
import { Canvas } from "./canvas.tsx";
import { signed } from "./format.ts";
import { PALETTE_SIZE } from "./palette.ts";
import { niceCeiling } from "./scale.ts";

const WIDTH = 180;

/** A scale from -limit (better) to +limit (worse), rounded up as the maps round it. */
export function Legend({ limit, what }: { limit: number; what: string }) {
  const end = niceCeiling(limit);
  return (
    <div class="legend">
      <span>better {signed(-end, 0)}</span>
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
      <span>{signed(end, 0)} worse</span>
      <span class="quiet">{what}</span>
    </div>
  );
}
