/** Test support: small networks, one for each way that layers meet as they train. */
import { random } from "../../core/random.ts";
import { act, drawing, globalPool, join, net, plain, pool, window } from "../../network/layers.fixture.ts";
import { type Activation, type Conv2dLayer, type Layer, LINEAR, type Network, RELU } from "../../network/network.ts";
import { CLASSES } from "./training.fixture.ts";

const PADDING = { top: 1, left: 1, bottom: 1, right: 1 };
const SHAPE = [7, 6, 3];

/** Layers with parameters of the size that keeps numbers of the size of their inputs. */
function layersOf(seed: number) {
  const { dense, conv, norm, scale, numbers } = drawing(random(seed, "training nets"));
  const sized = (weight: Float32Array, fan: number) => weight.map((value) => value / Math.sqrt(fan));
  return {
    norm: (name: string, input: string, channels: number) => {
      const layer = norm(name, input, channels);
      return { ...layer, gamma: layer.gamma.map((value) => 1 + 0.3 * value) };
    },
    scale: (name: string, input: string, channels: number, activation: Activation) => {
      const layer = scale(name, input, channels, activation);
      return { ...layer, scale: layer.scale.map((value) => 1 + 0.3 * value) };
    },
    dense: (name: string, input: string, ins: number, outs: number, activation = LINEAR) => {
      const layer = dense(name, input, ins, outs, activation);
      return { ...layer, weight: sized(layer.weight, ins), bias: numbers(outs).map((value) => 0.1 * value) };
    },
    conv: (name: string, input: string, ins: number, outs: number, kernel = 3, more: Partial<Conv2dLayer> = {}) => {
      const padding = kernel === 3 ? { padding: PADDING } : {};
      const layer = conv(name, input, ins, outs, { ...window(kernel), ...padding, ...more });
      const fan = (kernel * kernel * ins) / layer.groups;
      return { ...layer, weight: sized(layer.weight as Float32Array, fan) };
    },
    biased: (channels: number) => numbers(channels).map((value) => 0.1 * value),
  };
}

/** Images of 7 x 6 x 3 to 5 classes, by the mean of each channel of the last layer. */
function image(channels: number, head: (ins: number) => Layer, ...layers: readonly Layer[]): Network {
  const last = layers.at(-1)!.name;
  return net([...layers, globalPool("mean", last), plain("flatten", "flat", "mean"), head(channels)], undefined, SHAPE);
}

/** conv, batch norm, relu, pool, conv without one, global pool, dense. */
export function pooledNet(seed: number): Network {
  const { conv, norm, dense, biased } = layersOf(seed);
  return image(
    6,
    (ins) => dense("classes", "flat", ins, CLASSES),
    conv("a", "x", 3, 9),
    norm("an", "a", 9),
    act("ar", "an", RELU),
    pool("p", "ar", 2, { pool: "max", stride: [2, 2] }),
    conv("b", "p", 9, 6, 3, { bias: biased(6), activation: RELU }),
  );
}

/** A residual sum, its shortcut a projection; stride 2. */
export function residualNet(seed: number): Network {
  const { conv, norm, dense, biased } = layersOf(seed);
  return image(
    7,
    (ins) => dense("classes", "flat", ins, CLASSES),
    conv("a", "x", 3, 5, 3, { bias: biased(5), activation: RELU }),
    conv("b", "a", 5, 7, 3, { stride: [2, 2] }),
    norm("bn", "b", 7),
    act("br", "bn", RELU),
    conv("c", "br", 7, 7),
    norm("cn", "c", 7),
    conv("short", "a", 5, 7, 1, { stride: [2, 2] }),
    norm("sn", "short", 7),
    join("sum", ["cn", "sn"]),
    act("out", "sum", RELU),
  );
}

/** A concatenation of what two branches make of one tensor, and a 1 x 1 convolution over it. */
export function concatNet(seed: number, activation: Activation = RELU): Network {
  const { conv, scale, dense, biased } = layersOf(seed);
  return image(
    6,
    (ins) => dense("classes", "flat", ins, CLASSES),
    conv("a", "x", 3, 6, 3, { bias: biased(6), activation }),
    conv("b", "a", 6, 3, 1, { bias: biased(3), activation }),
    scale("s", "a", 6, activation),
    { kind: "concat", name: "both", inputs: ["b", "s"], axis: 2 },
    conv("c", "both", 9, 6, 1, { bias: biased(6), activation }),
  );
}

/** A depthwise convolution, a pointwise one after it, and a grouped one; read by a dense layer through a flatten. */
export function groupedNet(seed: number): Network {
  const { conv, norm, dense, biased } = layersOf(seed);
  const layers = [
    conv("deep", "x", 3, 3, 3, { groups: 3, bias: biased(3), activation: RELU }),
    conv("point", "deep", 3, 8, 1),
    norm("pn", "point", 8),
    act("pr", "pn", RELU),
    conv("grouped", "pr", 8, 6, 3, { groups: 2, stride: [2, 2], bias: biased(6), activation: RELU }),
    plain("flatten", "flat", "grouped"),
    dense("classes", "flat", 4 * 3 * 6, CLASSES),
  ];
  return net(layers, undefined, SHAPE);
}

/** Convolutions wide enough for Winograd's, one of them before a batch norm. */
export function wideNet(seed: number): Network {
  const { conv, norm, dense, biased } = layersOf(seed);
  return image(
    28,
    (ins) => dense("classes", "flat", ins, CLASSES),
    conv("a", "x", 3, 24, 3, { bias: biased(24), activation: RELU }),
    conv("b", "a", 24, 26),
    norm("bn", "b", 26),
    act("br", "bn", RELU),
    conv("c", "br", 26, 28, 3, { bias: biased(28), activation: RELU }),
  );
}

/** Dense layers alone: copies of it train side by side. */
export function denseNet(seed: number, widths: readonly number[] = [11, 9, 6, CLASSES]): Network {
  const { dense } = layersOf(seed);
  const layers = widths.slice(1).map((outs, i) => {
    const isLast = i === widths.length - 2;
    return dense(`d${i}`, i === 0 ? "x" : `d${i - 1}`, widths[i]!, outs, isLast ? LINEAR : RELU);
  });
  return net(layers, undefined, [widths[0]!]);
}
