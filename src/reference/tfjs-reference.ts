/** TensorFlow.js as a second reference, independent of the float64 oracle and of the engine. */
import { type Reference, type ReferenceRequest, subjectOf, withoutActivation } from "./check.ts";
import { loadTfjsWebgpu } from "./tfjs.ts";
import { openTfjsNetwork } from "./tfjs-network.ts";

/**
 * A request's network in TensorFlow.js, as a reference. Disposing frees its parameters on the device. Throws as `subjectOf`
 * and `loadTfjsWebgpu` do.
 */
export async function openTfjsReference(request: ReferenceRequest): Promise<Reference & Disposable> {
  const { whole, simple } = subjectOf(request);
  const tf = await loadTfjsWebgpu();
  const { inputs, samples } = request;
  const intact = openTfjsNetwork(tf, whole);
  const damaged = openTfjsNetwork(tf, simple);
  return {
    name: "tfjs-webgpu",
    logits: (changes) => {
      const network = changes.length === 0 ? intact : damaged;
      return network.evaluate(inputs, samples, network.output, changes);
    },
    activations: async (layer, preActivation) => {
      if (!preActivation) return damaged.evaluate(inputs, samples, layer, []);
      using before = openTfjsNetwork(tf, withoutActivation(simple, layer));
      return await before.evaluate(inputs, samples, layer, []);
    },
    [Symbol.dispose]: () => {
      intact[Symbol.dispose]();
      damaged[Symbol.dispose]();
    },
  };
}
