import { expect, test } from "vitest";
import { random } from "../core/random.ts";
import { openGpu } from "../gpu/device.ts";
import { checkAgainst, float64Reference } from "../reference/check.ts";
import { smallConvNet } from "../reference/network.fixture.ts";
import { graphLogits } from "./check-graph.ts";

test("graphLogits of a convolutional network agree with the oracle", async () => {
  const samples = 7;
  const draw = random(1, "check-graph");
  const network = smallConvNet(5);
  const inputs = Float32Array.from({ length: samples * 189 }, () => draw.normal());
  using gpu = await openGpu();
  const logits = await graphLogits(gpu, network, inputs, samples);
  const request = { network, inputs, samples, labels: new Uint16Array(samples), logits, ablations: [] };
  const report = await checkAgainst(request, float64Reference(request));
  expect(report.agrees).toBe(true);
  expect(report.logitError).toBeGreaterThan(0);
});
