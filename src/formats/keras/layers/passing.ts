/** Layers of one input that are activations, or that do nothing outside of training. */
import { activationsOf, layerActivation, withAfter } from "../activations.ts";
import { type Call, elementwise, onlyInput, type Value } from "../call.ts";

/** Dropout, noise and random changes of images: none of them in evaluation. */
export function Passing(call: Call): Value {
  const value = onlyInput(call);
  return elementwise(value, call.emit({ kind: "identity", name: call.name, inputs: [value.layer] }));
}

/** Activation, ReLU, LeakyReLU, ELU, Softmax. */
export function Activating(call: Call): Value {
  const value = onlyInput(call);
  const activations = layerActivation(call, call.type, call.config) ?? activationsOf(call);
  if (activations.after !== null) return withAfter(call, value, activations, call.name);
  const layer = call.emit({
    kind: "activation",
    name: call.name,
    inputs: [value.layer],
    activation: activations.own,
  });
  return elementwise(value, layer);
}
