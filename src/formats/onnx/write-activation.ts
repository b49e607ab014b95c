/** Activations as nodes of an ONNX graph. */
import type { Activation } from "../../network/network.ts";
import { float, type GraphWriter, text } from "./write-graph.ts";

/** Adds the nodes of an activation of the value `input`; the last one has the name and the output that are given. */
export function writeActivation(
  writer: GraphWriter,
  { kind, alpha, beta = 0 }: Activation,
  name: string,
  input: string,
  output: string,
): void {
  switch (kind) {
    case "linear":
      writer.node("Identity", name, [input], output);
      break;
    case "relu":
      writer.node("Relu", name, [input], output);
      break;
    case "leaky-relu":
      writer.node("LeakyRelu", name, [input], output, [float("alpha", alpha)]);
      break;
    case "sigmoid":
      writer.node("Sigmoid", name, [input], output);
      break;
    case "tanh":
      writer.node("Tanh", name, [input], output);
      break;
    case "gelu":
      writer.node("Gelu", name, [input], output, [text("approximate", "none")]);
      break;
    case "gelu-tanh":
      writer.node("Gelu", name, [input], output, [text("approximate", "tanh")]);
      break;
    case "silu": {
      const gate = writer.fresh(`${name}/sigmoid`);
      writer.node("Sigmoid", gate, [input], gate);
      writer.node("Mul", name, [input, gate], output);
      break;
    }
    case "clip": {
      const bounds = Object.entries({ min: alpha, max: beta }).map(([bound, value]) =>
        writer.constant(`${name}.${bound}`, [], Float32Array.of(value)),
      );
      writer.node("Clip", name, [input, ...bounds], output);
      break;
    }
    case "hard-sigmoid":
      writer.node("HardSigmoid", name, [input], output, [float("alpha", alpha), float("beta", beta)]);
      break;
    case "hard-swish":
      writer.node("HardSwish", name, [input], output);
      break;
    case "elu":
      writer.node("Elu", name, [input], output, [float("alpha", alpha)]);
      break;
  }
}
