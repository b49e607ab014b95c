// totalLoss[n] += sum of rowLoss[n, :], in order of the rows; classCorrect[n, label] += rowHit[n, r]. One thread a row
// counts its hit (whole numbers add up the same in any order); one a network sums its losses. rowLoss, rowHit: [networks,
// rows]; labels: [samples]; order: see lib/batch-order.wgsl; totalLoss: [networks]; classCorrect: [networks, classes].
@group(0) @binding(0) var<storage, read> rowLoss: array<f32>;
@group(0) @binding(1) var<storage, read> rowHit: array<u32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;
@group(0) @binding(4) var<storage, read_write> totalLoss: array<f32>;
@group(0) @binding(5) var<storage, read_write> classCorrect: array<atomic<u32>>;
struct TallyLosses { networks: u32, rows: u32, start: u32, useOrder: u32, orderStride: u32, classes: u32 }
@group(1) @binding(0) var<uniform> size: TallyLosses;
// Losses that are read together: their sum goes on in order, and waits for memory once.
const AHEAD = 8u;
const WORKGROUP = 64u;
// include: lib/batch-order.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let network = index / size.rows;
  if (network >= size.networks) { return; }
  if (rowHit[index] == 1u) {
    let label = labels[sampleOf(network, index - network * size.rows)];
    atomicAdd(&classCorrect[network * size.classes + label], 1u);
  }
  // There are at least as many rows as networks.
  if (index < size.networks) {
    var sum = 0.0;
    var at = index * size.rows;
    let end = at + size.rows;
    for (; at + AHEAD <= end; at += AHEAD) {
      var values: array<f32, AHEAD>;
      for (var i = 0u; i < AHEAD; i++) { // unroll
        values[i] = rowLoss[at + i];
      }
      for (var i = 0u; i < AHEAD; i++) { // unroll
        sum += values[i];
      }
    }
    for (; at < end; at++) { sum += rowLoss[at]; }
    totalLoss[index] += sum;
  }
}
