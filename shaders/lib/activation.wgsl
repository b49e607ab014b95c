// y = activation(x), elementwise on four values. The numbers are those of src/kernels/activation.ts.
const LINEAR = 0u;
const RELU = 1u;
const LEAKY_RELU = 2u;
const SIGMOID = 3u;
const TANH = 4u;
const GELU = 5u;
const GELU_TANH = 6u;
const SILU = 7u;
const CLIP = 8u;
const HARD_SIGMOID = 9u;
const HARD_SWISH = 10u;
const ELU = 11u;

const SQRT_2_OVER_PI = 0.7978845608;

// erf with an absolute error below 1.5e-7: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
fn erf4(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - polynomial * exp(-x * x));
}

fn sigmoid4(x: vec4f) -> vec4f {
  return 1.0 / (1.0 + exp(-clamp(x, vec4f(-87.0), vec4f(87.0))));
}

// tanh by the identity with sigmoid, because the builtin overflows on some drivers.
fn tanh4(x: vec4f) -> vec4f {
  let near = x * (1.0 - x * x * (1.0 / 3.0 - x * x * (2.0 / 15.0)));
  return select(2.0 * sigmoid4(2.0 * x) - 1.0, near, abs(x) < vec4f(0.05));
}

// exp(x) - 1 for x <= 0, by its series where the difference would cancel.
fn expm14(x: vec4f) -> vec4f {
  let near = x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x / 24.0)));
  return select(exp(x) - 1.0, near, x > vec4f(-0.05));
}

// value between low and high, neither included; 0 elsewhere.
fn within(x: vec4f, low: vec4f, high: vec4f, value: vec4f) -> vec4f {
  return select(vec4f(0.0), value, (x > low) & (x < high));
}

// alpha and beta are those of Activation in src/network/network.ts; most kinds leave them unread.
fn activate(kind: u32, x: vec4f, alpha: f32, beta: f32) -> vec4f {
  if (kind == RELU) { return max(x, vec4f(0.0)); }
  if (kind == LEAKY_RELU) { return select(alpha * x, x, x > vec4f(0.0)); }
  if (kind == SIGMOID) { return sigmoid4(x); }
  if (kind == TANH) { return tanh4(x); }
  if (kind == GELU) { return 0.5 * x * (1.0 + erf4(x * 0.7071067812)); }
  if (kind == GELU_TANH) { return 0.5 * x * (1.0 + tanh4(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x))); }
  if (kind == SILU) { return x * sigmoid4(x); }
  if (kind == CLIP) { return min(max(x, vec4f(alpha)), vec4f(beta)); }
  if (kind == HARD_SIGMOID) { return saturate(alpha * x + beta); }
  if (kind == HARD_SWISH) { return x * saturate(x / 6.0 + 0.5); }
  if (kind == ELU) { return select(alpha * expm14(min(x, vec4f(0.0))), x, x > vec4f(0.0)); }
  return x;
}

// d activation / d x, at x.
fn slope(kind: u32, x: vec4f, alpha: f32, beta: f32) -> vec4f {
  if (kind == RELU) { return select(vec4f(0.0), vec4f(1.0), x > vec4f(0.0)); }
  if (kind == LEAKY_RELU) { return select(vec4f(alpha), vec4f(1.0), x > vec4f(0.0)); }
  if (kind == SIGMOID) { let s = sigmoid4(x); return s * (1.0 - s); }
  if (kind == TANH) { let t = tanh4(x); return 1.0 - t * t; }
  if (kind == GELU) {
    return 0.5 * (1.0 + erf4(x * 0.7071067812)) + x * exp(-0.5 * x * x) * 0.3989422804;
  }
  if (kind == GELU_TANH) {
    let t = tanh4(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x));
    return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * SQRT_2_OVER_PI * (1.0 + 0.134145 * x * x);
  }
  if (kind == SILU) { let s = sigmoid4(x); return s * (1.0 + x * (1.0 - s)); }
  if (kind == CLIP) { return within(x, vec4f(alpha), vec4f(beta), vec4f(1.0)); }
  if (kind == HARD_SIGMOID) { return within(alpha * x + beta, vec4f(0.0), vec4f(1.0), vec4f(alpha)); }
  if (kind == HARD_SWISH) { return select(within(x, vec4f(-3.0), vec4f(3.0), x / 3.0 + 0.5), vec4f(1.0), x >= vec4f(3.0)); }
  if (kind == ELU) { return select(alpha * exp(min(x, vec4f(0.0))), vec4f(1.0), x > vec4f(0.0)); }
  return vec4f(1.0);
}
