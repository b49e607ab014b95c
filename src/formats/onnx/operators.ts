/** The operators Lesion reads, by their ONNX names. A new one is a function in `ops/` and a line here. */
import type { Operator } from "./operation.ts";
import { Clip, Elu, Gelu, HardSigmoid, HardSwish, LeakyRelu, Relu } from "./ops/activations.ts";
import { Add, Div, Mul, Sub, Sum } from "./ops/arithmetic.ts";
import { Concat } from "./ops/concat.ts";
import { Constant, ConstantOfShape, Equal, Floor, Range, Shape, Where } from "./ops/constants.ts";
import { Conv } from "./ops/convolution.ts";
import { Gemm, MatMul } from "./ops/dense.ts";
import { Erf, Pow, Sigmoid, Tanh } from "./ops/elementwise.ts";
import { BatchNormalization, LRN } from "./ops/normalization.ts";
import { Pad } from "./ops/padding.ts";
import { Cast, Dropout, Identity } from "./ops/passing.ts";
import { AveragePool, MaxPool } from "./ops/pooling.ts";
import { GlobalAveragePool, GlobalMaxPool, ReduceMax, ReduceMean } from "./ops/reduction.ts";
import { Flatten, Reshape, Squeeze, Unsqueeze } from "./ops/reshaping.ts";
import { Gather, Slice } from "./ops/slicing.ts";
import { LogSoftmax, Softmax } from "./ops/softmax.ts";
import { Transpose } from "./ops/transpose.ts";

export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    Add,
    AveragePool,
    BatchNormalization,
    Cast,
    Clip,
    Concat,
    Constant,
    ConstantOfShape,
    Conv,
    Div,
    Dropout,
    Elu,
    Equal,
    Erf,
    Flatten,
    Floor,
    Gather,
    Gelu,
    Gemm,
    GlobalAveragePool,
    GlobalMaxPool,
    HardSigmoid,
    HardSwish,
    Identity,
    LRN,
    LeakyRelu,
    LogSoftmax,
    MatMul,
    MaxPool,
    Mul,
    Pad,
    Pow,
    Range,
    ReduceMax,
    ReduceMean,
    Relu,
    Reshape,
    Shape,
    Sigmoid,
    Slice,
    Softmax,
    Squeeze,
    Sub,
    Sum,
    Tanh,
    Transpose,
    Unsqueeze,
    Where,
  } satisfies Record<string, Operator>),
);
