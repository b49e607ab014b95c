// d activation / d x from y = activation(x), for the kinds that y tells it of; behind lib/activation.wgsl. At a kink it is
// that of `slope` there. alpha of leaky-relu and elu is not negative.
fn slopeFromOutput(kind: u32, y: vec4f, alpha: f32, beta: f32) -> vec4f {
  if (kind == RELU) { return select(vec4f(0.0), vec4f(1.0), y > vec4f(0.0)); }
  if (kind == LEAKY_RELU) { return select(vec4f(alpha), vec4f(1.0), y > vec4f(0.0)); }
  if (kind == SIGMOID) { return y * (1.0 - y); }
  if (kind == TANH) { return 1.0 - y * y; }
  if (kind == CLIP) { return within(y, vec4f(alpha), vec4f(beta), vec4f(1.0)); }
  if (kind == HARD_SIGMOID) { return within(y, vec4f(0.0), vec4f(1.0), vec4f(alpha)); }
  if (kind == ELU) { return select(y + alpha, vec4f(1.0), y > vec4f(0.0)); }
  return vec4f(1.0);
}
