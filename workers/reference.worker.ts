/**
 * The worker that recomputes what the engine computed. Apart from the engine's own worker, so that TensorFlow.js has a
 * device of its own and neither can disturb the other.
 */
import "./errors-over-comlink.ts";
import { expose } from "comlink";
import { LesionError } from "../src/core/errors.ts";
import { checkAgainst, float64Reference } from "../src/reference/check.ts";
import type { CheckReport, CheckRequest, ReferenceApi } from "./protocol.ts";

const api: ReferenceApi = {
  check: async (request, reference) =>
    reference === "float64" ? checkAgainst(request, float64Reference(request)) : checkTfjs(request),
};
expose(api);

async function checkTfjs(request: CheckRequest): Promise<CheckReport> {
  const { openTfjsReference } = await import("../src/reference/tfjs-reference.ts");
  try {
    using reference = await openTfjsReference(request);
    return await checkAgainst(request, reference);
  } catch (thrown) {
    if (thrown instanceof LesionError) throw thrown;
    throw new LesionError("gpu-error", "TensorFlow.js failed while it recomputed the ablations", {
      fix: "Check fewer samples, or check against float64 instead.",
      cause: thrown,
    });
  }
}
