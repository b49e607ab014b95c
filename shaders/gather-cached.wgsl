// x[n, r] = cache[sample of row r of network n], rows of `vectors` vec4s: kept activations become a batch. Sample: see
// lib/batch-order.wgsl. Neighbouring threads copy neighbouring vec4s, `threads` of them a row.
@group(0) @binding(0) var<storage, read> cache: array<vec4f>;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read_write> x: array<vec4f>;
struct GatherCached {
  networks: u32,
  rows: u32,
  start: u32,
  useOrder: u32,
  orderStride: u32,
  vectors: u32,
  threads: u32,
}
@group(1) @binding(0) var<uniform> size: GatherCached;
const WORKGROUP = 64u;
// include: lib/batch-order.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let row = index / size.threads;
  let network = row / size.rows;
  if (network >= size.networks) { return; }
  let sample = sampleOf(network, row - network * size.rows);
  for (var v = index - row * size.threads; v < size.vectors; v += size.threads) {
    x[row * size.vectors + v] = cache[sample * size.vectors + v];
  }
}
