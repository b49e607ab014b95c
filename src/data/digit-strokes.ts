/**
 * The ten digits as a pen draws them: each in a few styles, each style a list of strokes, each stroke the points the pen
 * passes through. Plain numbers, so that the digits Lesion makes are data of this repository and need no download.
 */

/** A point the pen passes through: x to the right and y downwards, 0 to 1 in the digit's box. */
export interface PenPoint {
  readonly x: number;
  readonly y: number;
  /** Whether the pen changes direction abruptly here. */
  readonly corner: boolean;
}

/** One way of writing a digit. */
export interface DigitStyle {
  /** How often it is drawn, relative to the digit's other styles. */
  readonly weight: number;
  /** Width of the box over its height, before any variation. */
  readonly aspect: number;
  readonly strokes: readonly (readonly PenPoint[])[];
}

/** Strokes as written below: "x,y" in percent of the box, a "!" after a corner. */
type WrittenStyle = Omit<DigitStyle, "strokes"> & { readonly strokes: readonly string[] };

const WRITTEN: readonly (readonly WrittenStyle[])[] = [
  [
    { weight: 3, aspect: 0.8, strokes: ["58,2 24,15 5,52 20,88 50,99 82,82 95,48 80,13 52,1 40,5"] },
    { weight: 1, aspect: 0.7, strokes: ["72,10 44,1 14,22 4,60 26,96 62,94 92,62 90,26 66,4 48,8"] },
  ],
  [
    { weight: 5, aspect: 0.3, strokes: ["50,0 50,35 50,68 50,100"] },
    { weight: 2, aspect: 0.5, strokes: ["8,26 38,14 60,0! 58,50 56,100"] },
    { weight: 1, aspect: 0.6, strokes: ["14,24 54,0! 52,50 52,98", "10,99 50,98 92,97"] },
  ],
  [
    { weight: 3, aspect: 0.8, strokes: ["10,24 28,4 60,1 84,20 72,48 40,74 6,97! 50,96 98,95"] },
    { weight: 2, aspect: 0.85, strokes: ["8,20 38,0 76,12 74,42 46,74 18,96 5,84 24,74 56,90 98,92"] },
    { weight: 1, aspect: 0.75, strokes: ["12,12 48,0 86,18 78,50 44,80 8,100! 48,90 94,100"] },
  ],
  [
    { weight: 3, aspect: 0.7, strokes: ["10,12 44,0 80,14 74,36 40,47! 80,57 90,80 54,99 6,90"] },
    { weight: 1, aspect: 0.75, strokes: ["8,3 44,4 86,2! 42,40! 84,54 88,82 50,100 6,88"] },
    { weight: 1, aspect: 0.7, strokes: ["14,8 60,0 86,22 54,44 38,47 66,50 92,72 66,97 8,98"] },
  ],
  [
    { weight: 3, aspect: 0.8, strokes: ["24,2 16,30 10,56! 50,56 96,52", "78,6 74,50 68,100"] },
    { weight: 2, aspect: 0.8, strokes: ["72,0 40,32 4,64! 50,64 98,62", "72,0 70,50 68,100"] },
    { weight: 2, aspect: 0.75, strokes: ["14,4 8,34 24,52 56,50 84,38", "88,0 82,46 74,100"] },
  ],
  [
    { weight: 3, aspect: 0.75, strokes: ["90,2 58,3 26,3! 16,44! 56,37 90,60 74,92 38,100 4,88"] },
    { weight: 2, aspect: 0.75, strokes: ["24,6 16,44! 60,38 88,66 68,96 32,100 6,86", "24,6 60,5 96,2"] },
    { weight: 1, aspect: 0.7, strokes: ["92,6 50,2 20,18 32,40 68,54 86,76 60,98 6,94"] },
  ],
  [
    { weight: 3, aspect: 0.7, strokes: ["76,0 36,24 8,62 20,94 56,100 92,82 80,56 46,54 14,74"] },
    { weight: 2, aspect: 0.6, strokes: ["48,0 20,38 6,74 32,99 78,94 92,72 64,58 26,68 12,84"] },
  ],
  [
    { weight: 3, aspect: 0.75, strokes: ["6,7 50,5 94,3! 66,46 44,100"] },
    { weight: 1, aspect: 0.75, strokes: ["6,6 50,5 94,3! 64,48 46,100", "28,52 56,50 86,48"] },
    { weight: 1, aspect: 0.7, strokes: ["6,26 10,6! 50,8 94,4! 76,50 66,100"] },
    { weight: 1, aspect: 0.65, strokes: ["4,16 34,2 70,2 92,14 80,48 54,100"] },
  ],
  [
    { weight: 3, aspect: 0.7, strokes: ["80,14 48,0 16,14 26,38 68,60 88,82 52,100 12,86 26,60 64,42 86,20 74,8"] },
    {
      weight: 1,
      aspect: 0.65,
      strokes: ["48,46 16,32 22,8 52,0 82,12 80,34 48,46", "48,46 10,64 10,88 50,100 90,88 88,62 48,46"],
    },
  ],
  [
    { weight: 3, aspect: 0.65, strokes: ["84,16 52,0 14,14 8,40 38,52 74,38 88,12! 82,56 70,100"] },
    { weight: 2, aspect: 0.7, strokes: ["82,14 46,0 12,20 22,48 60,46 86,20 92,52 72,90 20,96"] },
    { weight: 1, aspect: 0.6, strokes: ["74,42 36,50 8,30 28,4 64,2 84,24 78,60 66,100"] },
  ],
];

/** Styles of the digits 0 to 9. */
export const DIGIT_STYLES: readonly (readonly DigitStyle[])[] = WRITTEN.map((styles) =>
  styles.map((style) => ({ ...style, strokes: style.strokes.map(pointsOf) })),
);

function pointsOf(stroke: string): PenPoint[] {
  return stroke.split(" ").map((point) => {
    const [x, y] = point.replace("!", "").split(",").map(Number) as [number, number];
    return { x: x / 100, y: y / 100, corner: point.endsWith("!") };
  });
}
