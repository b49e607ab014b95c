// SGD with momentum (Sutskever et al. 2013, in PyTorch's form) for many networks at once: d = factor[n] g + weightDecay w;
// v = momentum v + d; w -= learningRate (gradientShare d + velocityShare v), the shares being 0 and 1, or Nesterov's 1 and
// momentum. Held parameters stay, and so do their v. g, v, w: [networks, count] in vec4s; held: see lib/held.wgsl.
@group(0) @binding(0) var<storage, read> g: array<vec4f>;
@group(0) @binding(1) var<storage, read> held: array<u32>;
@group(0) @binding(2) var<storage, read> factor: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> w: array<vec4f>;
struct SgdStep {
  vectors: u32,
  // vec4s of one network.
  networkVectors: u32,
  clip: u32,
  learningRate: f32,
  momentum: f32,
  weightDecay: f32,
  gradientShare: f32,
  velocityShare: f32,
}
@group(1) @binding(0) var<uniform> size: SgdStep;
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
  let d = share * g[at] + size.weightDecay * parameter;
  let velocity = select(size.momentum * v[at] + d, vec4f(0.0), still);
  v[at] = velocity;
  let change = size.learningRate * (size.gradientShare * d + size.velocityShare * velocity);
  w[at] = parameter - select(change, vec4f(0.0), still);
}
