// Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019) for many networks at once, as PyTorch has
// them: d = factor[n] g + weightDecay w; m = beta1 m + share1 d; v = beta2 v + share2 d^2; w -= shrink w + rate m /
// (rootScale sqrt(v) + epsilon). The host gives rate = learningRate / (1 - beta1^step), rootScale = 1 / sqrt(1 - beta2^step)
// and, for AdamW, shrink = learningRate weightDecay with weightDecay 0. Held parameters stay, and so do their moments.
// g, m, v, w: [networks, count] in vec4s; held: see lib/held.wgsl.
@group(0) @binding(0) var<storage, read> g: array<vec4f>;
@group(0) @binding(1) var<storage, read> held: array<u32>;
@group(0) @binding(2) var<storage, read> factor: array<f32>;
@group(0) @binding(3) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> w: array<vec4f>;
struct AdamStep {
  vectors: u32,
  // vec4s of one network.
  networkVectors: u32,
  clip: u32,
  beta1: f32,
  beta2: f32,
  // 1 - beta1 and 1 - beta2: in f32 the latter would be wrong by 1e-5 of itself.
  share1: f32,
  share2: f32,
  epsilon: f32,
  weightDecay: f32,
  shrink: f32,
  rate: f32,
  rootScale: f32,
}
@group(1) @binding(0) var<uniform> size: AdamStep;
const WORKGROUP = 64u;
// include: lib/held.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let at = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (at >= size.vectors) { return; }
  let still = heldLanes(held[at / 8u], at);
  if (all(still)) { return; }
  var share = 1.0;
  if (size.clip == 1u) { share = factor[at / size.networkVectors]; }
  let parameter = w[at];
  let d = select(share * g[at] + size.weightDecay * parameter, vec4f(0.0), still);
  let mean = size.beta1 * m[at] + size.share1 * d;
  let square = size.beta2 * v[at] + size.share2 * d * d;
  m[at] = mean;
  v[at] = square;
  let change = size.shrink * parameter + size.rate * mean / (size.rootScale * sqrt(square) + size.epsilon);
  w[at] = parameter - select(change, vec4f(0.0), still);
}
