// What each of many masks changed, from their logits: the rank of the true class of every (mask, sample), compared with
// the intact network's. logits: [masks * images, CLASSES]; truth: [samples]; tally: see lib/tally.wgsl.
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> truth: array<u32>;
@group(0) @binding(2) var<storage, read_write> tally: array<atomic<u32>>;
struct Score {
  rows: u32,
  images: u32,
  imageStart: u32,
  rowStart: u32,
  rowWords: u32,
}
@group(1) @binding(0) var<uniform> size: Score;
const LOSS = 0u;
const WORKGROUP = 64u;
// include: lib/nan.wgsl
// include: lib/tally.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (index >= size.rows) { return; }
  let sample = size.imageStart + index % size.images;
  let row = size.rowStart + (index / size.images) * size.rowWords;
  let label = truth[sample] & 0xffffu;
  let at = index * CLASSES;
  let own = logits[at + label];
  var rank = 0u;
  var top = own;
  for (var c = 0u; c < CLASSES; c++) {
    let other = logits[at + c];
    if (isNan(other) || isNan(own) || other > own || (other == own && c < label)) { rank++; }
    top = max(top, other);
  }
  let before = truth[sample] >> 16u;
  if ((before == 0u) != (rank == 0u)) { tallyFlip(row, sample, truth[sample]); }
  if ((before < 5u) != (rank < 5u)) { tallyFlip5(row, sample, truth[sample]); }
  if (LOSS == 1u) {
    var sum = 0.0;
    for (var c = 0u; c < CLASSES; c++) { sum += exp(logits[at + c] - top); }
    tallyLoss(row, top + log(sum) - own);
  }
}
