/** Types of test-counts.js, which plain Node runs without a build. */

/** How many tests passed, failed and were skipped; `skippedGpu` names skipped tests that needed a GPU. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly skippedGpu: readonly string[];
}
export function countVitest(report: object): Counts;
export function countPlaywright(report: object): Counts;
export function sum(all: readonly Counts[]): Counts;
export function countLine(counts: Counts): string;
