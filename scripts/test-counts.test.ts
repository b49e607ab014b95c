import { expect, test } from "vitest";
import { countLine, countPlaywright, countVitest, sum } from "./test-counts.js";

const vitest = countVitest({
  testResults: [
    {
      name: "/a/src/core/hash.test.ts",
      status: "passed",
      assertionResults: [{ status: "passed" }, { status: "pending", fullName: "p" }],
    },
    {
      name: "/a/src/kernels/gemm.gpu.test.ts",
      status: "failed",
      assertionResults: [{ status: "failed" }, { status: "skipped", fullName: "g" }],
    },
    { name: "/a/src/broken.test.ts", status: "failed", assertionResults: [] },
  ],
});

test("countVitest counts tests, and files that failed to load", () => {
  expect(vitest).toEqual({ passed: 1, failed: 2, skipped: 2, skippedGpu: ["/a/src/kernels/gemm.gpu.test.ts: g"] });
});

test("countPlaywright counts a flaky test as passed and an outside error as failed", () => {
  const stats = { expected: 3, unexpected: 1, flaky: 1, skipped: 2 };
  expect(countPlaywright({ stats, errors: [{}] })).toEqual({ passed: 4, failed: 2, skipped: 2, skippedGpu: [] });
});

test("countLine tells of skipped tests only where there are any", () => {
  const played = countPlaywright({ stats: { expected: 3, unexpected: 0, flaky: 0, skipped: 0 }, errors: [] });
  expect(countLine(played)).toBe("3 passed, 0 failed");
  expect(countLine(sum([played, vitest]))).toBe("4 passed, 2 failed, 2 skipped");
});
