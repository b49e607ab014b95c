// Adam (Kingma and Ba 2015, algorithm 1), weight decay added to the gradient, over all parameters of a network at once.
// m and v are its running moments; the host gives the bias corrections 1 - beta^step. w, m, v, g: [count].
@group(0) @binding(0) var<storage, read> g: array<f32>;
@group(0) @binding(1) var<storage, read_write> m: array<f32>;
@group(0) @binding(2) var<storage, read_write> v: array<f32>;
@group(0) @binding(3) var<storage, read_write> w: array<f32>;
struct Adam {
  count: u32,
  learningRate: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  weightDecay: f32,
  // 1 - beta1 and 1 - beta2: in f32 the latter would be wrong by 1e-5 of itself.
  share1: f32,
  share2: f32,
  correction1: f32,
  correction2: f32,
}
@group(1) @binding(0) var<uniform> size: Adam;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (i >= size.count) { return; }
  let gradient = g[i] + size.weightDecay * w[i];
  let first = size.beta1 * m[i] + size.share1 * gradient;
  let second = size.beta2 * v[i] + size.share2 * gradient * gradient;
  m[i] = first;
  v[i] = second;
  w[i] -= size.learningRate * (first / size.correction1) / (sqrt(second / size.correction2) + size.epsilon);
}
