// What each of many masks changed, from logits of listed (image, mask) pairs: the rank of the true class of every row, compared
// with the intact network's. logits: [rows, stride]; rows[r] = (image, mask); truth: [images]; tally: see lib/tally.wgsl.
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> truth: array<u32>;
@group(0) @binding(2) var<storage, read> rows: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> tally: array<atomic<u32>>;
struct ScoreRows { rows: u32, stride: u32, rowWords: u32 }
@group(1) @binding(0) var<uniform> size: ScoreRows;
const LOSS = 0u;
const WORKGROUP = 64u;
// include: lib/nan.wgsl
// include: lib/tally.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (row >= size.rows) { return; }
  let sample = rows[row].x;
  let tallyRow = rows[row].y * size.rowWords;
  let known = truth[sample];
  let label = known & 0xffffu;
  let at = row * size.stride;
  let own = logits[at + label];
  var rank = 0u;
  var top = own;
  for (var c = 0u; c < CLASSES; c++) {
    let other = logits[at + c];
    if (isNan(other) || isNan(own) || other > own || (other == own && c < label)) { rank++; }
    top = max(top, other);
  }
  let before = known >> 16u;
  if ((before == 0u) != (rank == 0u)) { tallyFlip(tallyRow, sample, known); }
  if ((before < 5u) != (rank < 5u)) { tallyFlip5(tallyRow, sample, known); }
  if (LOSS == 1u) {
    var sum = 0.0;
    for (var c = 0u; c < CLASSES; c++) { sum += exp(logits[at + c] - top); }
    tallyLoss(tallyRow, top + log(sum) - own);
  }
}
