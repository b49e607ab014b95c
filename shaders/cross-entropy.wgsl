// Of each row of a batch of many networks: the cross-entropy -sum t[c] log softmax(z)[c] with t[c] = (1 - s) [c = label] +
// s / classes (label smoothing, Szegedy et al. 2016), whether the true class came first (ties to the lower index, never
// where a logit is not a number), and, GRADIENT = 1, gradient = scale (softmax - t), 0 in the lanes behind the classes.
// logits, gradient: [networks rows, vectors] in vec4s; rowLoss, rowHit: [networks rows]; labels: [samples]; order: see
// lib/batch-order.wgsl. Losses are sums of differences to the largest logit, so that large logits cost no digits.
@group(0) @binding(0) var<storage, read> logits: array<vec4f>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> rowLoss: array<f32>;
@group(0) @binding(5) var<storage, read_write> rowHit: array<u32>;
struct CrossEntropy {
  networks: u32,
  rows: u32,
  start: u32,
  useOrder: u32,
  orderStride: u32,
  classes: u32,
  vectors: u32,
  smoothing: f32,
  scale: f32,
}
@group(1) @binding(0) var<uniform> size: CrossEntropy;
const GRADIENT = 1u;
const WORKGROUP = 64u;
const LANES = vec4u(0u, 1u, 2u, 3u);
const LEAST = vec4f(-3.4e38);
// include: lib/batch-order.wgsl
// include: lib/nan.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let network = row / size.rows;
  if (network >= size.networks) { return; }
  let label = labels[sampleOf(network, row - network * size.rows)];
  let at = row * size.vectors;
  let own = logits[at + label / 4u][label % 4u];
  var tops = LEAST;
  var beaten = vec4<bool>(isNan(own));
  for (var v = 0u; v < size.vectors; v++) {
    let classes = v * 4u + LANES;
    let known = classes < vec4u(size.classes);
    let z = logits[at + v];
    tops = max(tops, select(LEAST, z, known));
    let before = (z == vec4f(own)) & (classes < vec4u(label));
    beaten = beaten | (known & (isNan4(z) | (z > vec4f(own)) | before));
  }
  let top = max(max(tops.x, tops.y), max(tops.z, tops.w));
  var powers = vec4f(0.0);
  var distances = vec4f(0.0);
  for (var v = 0u; v < size.vectors; v++) {
    let known = v * 4u + LANES < vec4u(size.classes);
    let distance = logits[at + v] - top;
    powers += select(vec4f(0.0), exp(distance), known);
    distances += select(vec4f(0.0), distance, known);
  }
  let sum = dot(powers, vec4f(1.0));
  let share = size.smoothing / f32(size.classes);
  // With s = 0 an infinite distance must not become 0 times infinity.
  var smoothed = 0.0;
  if (share > 0.0) { smoothed = share * dot(distances, vec4f(1.0)); }
  rowLoss[row] = log(sum) - (1.0 - size.smoothing) * (own - top) - smoothed;
  rowHit[row] = select(1u, 0u, any(beaten));
  if (GRADIENT == 1u) {
    for (var v = 0u; v < size.vectors; v++) {
      let classes = v * 4u + LANES;
      let t = vec4f(share) + select(vec4f(0.0), vec4f(1.0 - size.smoothing), classes == vec4u(label));
      let difference = exp(logits[at + v] - top) / sum - t;
      gradient[at + v] = select(vec4f(0.0), size.scale * difference, classes < vec4u(size.classes));
    }
  }
}
