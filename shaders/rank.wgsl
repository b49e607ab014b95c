// The intact network's outcome of each sample: truth[n] = label | rank of the true class << 16 (see lib/tally.wgsl), and
// its cross-entropy. What is not a number beats every number, and as the true logit is beaten by all, itself included.
// logits: [images, classes] by any strides; labels, truth and losses: [samples].
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> truth: array<u32>;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;
struct Rank { images: u32, classes: u32, imageStride: u32, classStride: u32 }
@group(1) @binding(0) var<uniform> size: Rank;
const WORKGROUP = 64u;
// include: lib/nan.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= size.images) { return; }
  let sample = id.x;
  let label = labels[sample];
  let at = sample * size.imageStride;
  let own = logits[at + label * size.classStride];
  var rank = 0u;
  var top = own;
  for (var c = 0u; c < size.classes; c++) {
    let other = logits[at + c * size.classStride];
    if (isNan(other) || isNan(own) || other > own || (other == own && c < label)) { rank++; }
    top = max(top, other);
  }
  var sum = 0.0;
  for (var c = 0u; c < size.classes; c++) { sum += exp(logits[at + c * size.classStride] - top); }
  truth[sample] = label | (rank << 16u);
  losses[sample] = top + log(sum) - own;
}
