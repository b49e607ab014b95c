/** What replaces units without asking the samples is known without a device. */
import { expect, test } from "vitest";
import { denseNet } from "../engine/training/training-nets.fixture.ts";
import type { Gpu } from "../gpu/device.ts";
import { denseChain } from "../network/dense-chain.ts";
import { type EngineRequest, sweepCoefficients } from "./run-sweep.ts";

const REPLACEMENTS = [{ kind: "zero" }, { kind: "constant", value: 2 }, { kind: "scale", factor: 0.5 }] as const;

test.each(REPLACEMENTS)("coefficients of $kind put nothing on the device", async (replacement) => {
  const scope = { [Symbol.dispose]() {} };
  const step = { stage: 1, deeper: [], replacement, site: "post-activation", rows: Uint32Array.of(0) };
  const request = {
    gpu: { arena: { scope: () => scope } } as unknown as Gpu,
    chain: denseChain(denseNet(1)),
    plan: { steps: [step], samples: 5, samplesPerSegment: 2 },
    proceed: async () => false,
    seed: 1,
  } as unknown as EngineRequest;
  const coefficients = await sweepCoefficients(request);
  const [factor, shift] = replacement.kind === "scale" ? [0.5, 0] : [0, replacement.kind === "constant" ? 2 : 0];
  const one = [factor, shift, 0];
  expect([...(await coefficients(1, replacement, "post-activation"))]).toEqual(Array(6).fill(one).flat());
});
