// Of each row of a training batch: gradient[r, c] = scale (softmax(logits[r])[c] - [c = label]), the cross-entropy, and
// whether the true class came first (ties to the lower index). logits and gradient: [rows, classes]; row r is sample
// order[start + r]; losses and hits: [samples of the epoch], at start + r.
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;
@group(0) @binding(5) var<storage, read_write> hits: array<u32>;
struct CrossEntropy { rows: u32, start: u32, classes: u32, scale: f32 }
@group(1) @binding(0) var<uniform> size: CrossEntropy;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  if (row >= size.rows) { return; }
  let label = labels[order[size.start + row]];
  let at = row * size.classes;
  let own = logits[at + label];
  var top = own;
  var rank = 0u;
  for (var c = 0u; c < size.classes; c++) {
    let other = logits[at + c];
    if (!(other <= own) || (other == own && c < label)) { rank++; }
    top = max(top, other);
  }
  var sum = 0.0;
  for (var c = 0u; c < size.classes; c++) { sum += exp(logits[at + c] - top); }
  for (var c = 0u; c < size.classes; c++) {
    let softmax = exp(logits[at + c] - top) / sum;
    gradient[at + c] = size.scale * (softmax - select(0.0, 1.0, c == label));
  }
  losses[size.start + row] = top + log(sum) - own;
  hits[size.start + row] = select(0u, 1u, rank == 0u);
}
