/** The arms of recovery as the lab shows them: their order, names and marks. Colours are in palette.ts. */
import type { RecoveryRecord } from "../study/records.ts";

export type Arm = RecoveryRecord["arm"];

export const ARMS: readonly Arm[] = ["all", "after", "layer", "control"];

/** What trains. */
export const ARM_TITLES: Readonly<Record<Arm, string>> = {
  all: "all layers",
  after: "layers after the damage",
  layer: "the damaged layers",
  control: "control: intact, trained as long",
};

/** Adds an arm's mark to a path: a circle, a square, a triangle, a diamond, about as large as one another. */
export function addMark(path: CanvasPath, arm: Arm, x: number, y: number, radius: number): void {
  if (arm === "all") {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  const corners = CORNERS[arm];
  for (const [index, [right, down]] of corners.entries()) {
    if (index === 0) path.moveTo(x + right * radius, y + down * radius);
    else path.lineTo(x + right * radius, y + down * radius);
  }
  path.closePath();
}

/** In radii, right and down. */
const CORNERS: Readonly<Record<Exclude<Arm, "all">, readonly (readonly [number, number])[]>> = {
  after: [
    [-0.9, -0.9],
    [0.9, -0.9],
    [0.9, 0.9],
    [-0.9, 0.9],
  ],
  layer: [
    [0, -1.25],
    [1.15, 0.8],
    [-1.15, 0.8],
  ],
  control: [
    [0, -1.25],
    [1.25, 0],
    [0, 1.25],
    [-1.25, 0],
  ],
};
