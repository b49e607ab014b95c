/** The operators Lesion reads, by their ONNX names. A new one is a function in `ops/` and a line here. */
import type { Operator } from "./operation.ts";
import { Gelu, LeakyRelu, Relu } from "./ops/activations.ts";
import { Add, Sub } from "./ops/addition.ts";
import { Gemm, MatMul } from "./ops/dense.ts";
import { Div, Erf, Mul, Pow, Sigmoid, Tanh } from "./ops/elementwise.ts";
import { Cast, Constant, Dropout, Identity } from "./ops/passing.ts";
import { Flatten, Reshape, Squeeze, Transpose, Unsqueeze } from "./ops/reshaping.ts";
import { Concat, Gather, Shape } from "./ops/shape-arithmetic.ts";
import { LogSoftmax, Softmax } from "./ops/softmax.ts";

export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    Add,
    Cast,
    Concat,
    Constant,
    Div,
    Dropout,
    Erf,
    Flatten,
    Gather,
    Gelu,
    Gemm,
    Identity,
    LeakyRelu,
    LogSoftmax,
    MatMul,
    Mul,
    Pow,
    Relu,
    Reshape,
    Shape,
    Sigmoid,
    Softmax,
    Squeeze,
    Sub,
    Tanh,
    Transpose,
    Unsqueeze,
  } satisfies Record<string, Operator>),
);
