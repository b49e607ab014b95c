/**
 * Reads the JSON reports of vitest and Playwright into plain counts, so that the test command can end with one line.
 */

/**
 * @typedef {{ passed: number, failed: number, skipped: number, skippedGpu: string[] }} Counts
 * `skippedGpu`: names of skipped tests that needed a GPU.
 */

/** Counts of vitest's JSON report. A file that failed to load counts as one failure. @returns {Counts} */
export function countVitest(report) {
  const counts = { passed: 0, failed: 0, skipped: 0, skippedGpu: [] };
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === "passed") counts.passed++;
      else if (test.status === "failed") counts.failed++;
      else {
        counts.skipped++;
        if (/\.gpu\.test\.tsx?$/.test(file.name)) counts.skippedGpu.push(`${file.name}: ${test.fullName}`);
      }
    }
    if (file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")) counts.failed++;
  }
  return counts;
}

/** Counts of Playwright's JSON report. An error outside of a test counts as one failure. @returns {Counts} */
export function countPlaywright(report) {
  const { expected, unexpected, flaky, skipped } = report.stats;
  return { passed: expected + flaky, failed: unexpected + report.errors.length, skipped, skippedGpu: [] };
}

/** The sum of several counts. @param {Counts[]} all @returns {Counts} */
export function sum(all) {
  return {
    passed: all.reduce((total, counts) => total + counts.passed, 0),
    failed: all.reduce((total, counts) => total + counts.failed, 0),
    skipped: all.reduce((total, counts) => total + counts.skipped, 0),
    skippedGpu: all.flatMap((counts) => counts.skippedGpu),
  };
}

/** "12 passed, 0 failed", with the skipped ones where there are any. @param {Counts} counts */
export function countLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
