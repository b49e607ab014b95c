// v = momentum v + g + weightDecay w; w = w - learningRate v (Sutskever et al. 2013, in PyTorch's form), over all
// parameters of a network at once. w, v, g: [count].
@group(0) @binding(0) var<storage, read> g: array<f32>;
@group(0) @binding(1) var<storage, read_write> v: array<f32>;
@group(0) @binding(2) var<storage, read_write> w: array<f32>;
struct Sgd { count: u32, learningRate: f32, momentum: f32, weightDecay: f32 }
@group(1) @binding(0) var<uniform> size: Sgd;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (i >= size.count) { return; }
  let velocity = size.momentum * v[i] + g[i] + size.weightDecay * w[i];
  v[i] = velocity;
  w[i] -= size.learningRate * velocity;
}
