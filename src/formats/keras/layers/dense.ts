/** Dense: y = activation(x W + b) over the last axis. */
import { floatsOf } from "../../../network/weight.ts";
import { activationsOf, withAfter } from "../activations.ts";
import { type Call, channelsOf, onlyInput, positive, type Value } from "../call.ts";

export function Dense(call: Call): Value {
  const value = onlyInput(call);
  const inFeatures = channelsOf(value);
  const outFeatures = positive(call, "units", null);
  const activations = activationsOf(call);
  const bias = call.config.flag("use_bias", true);
  const [weight, shift] = call.weights([
    { names: ["kernel"], shape: [inFeatures, outFeatures] },
    ...(bias ? [{ names: ["bias"], shape: [outFeatures] }] : []),
  ]);
  const dense = call.emit({
    kind: "dense",
    name: call.name,
    inputs: [value.layer],
    inFeatures,
    outFeatures,
    weight: weight!,
    bias: shift === undefined ? null : floatsOf(shift),
    activation: activations.own,
  });
  const counted = { ...dense, shape: [...value.shape.slice(0, -1), outFeatures] };
  return withAfter(call, counted, activations);
}
