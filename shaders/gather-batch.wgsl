// x[n, r, f] = what the network reads at feature f of row r of network n: levels[f % tables][byte] of its sample's bytes,
// or the sample's f32; 0 in the lanes behind the features. For samples whose features lie on the device as they are stored:
// a single position, or whole vec4s a position. values: [samples, words] of four bytes (BYTES = 0: of one f32); levels:
// [tables, 256]; x: [networks, rows, vectors] in vec4s; order: see lib/batch-order.wgsl.
@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> levels: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<vec4f>;
struct GatherBatch {
  networks: u32,
  rows: u32,
  start: u32,
  useOrder: u32,
  orderStride: u32,
  tables: u32,
  words: u32,
  features: u32,
  vectors: u32,
  threads: u32,
}
@group(1) @binding(0) var<uniform> size: GatherBatch;
const BYTES = 1u;
const WORKGROUP = 64u;
const LANES = vec4u(0u, 1u, 2u, 3u);
// include: lib/batch-order.wgsl
// include: lib/sample-values.wgsl

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
  let offset = sampleOf(network, row - network * size.rows) * size.words;
  for (var v = index - row * size.threads; v < size.vectors; v += size.threads) {
    let lanes = v * 4u + LANES < vec4u(size.features);
    var value: vec4f;
    if (BYTES == 1u) {
      var tables = vec4u(0u);
      if (size.tables != 1u) { tables = (v * 4u + LANES) % size.tables; }
      value = levelsOf(tables, values[offset + v]);
    } else {
      value = floatsAt(offset + v * 4u);
    }
    x[row * size.vectors + v] = select(vec4f(0.0), value, lanes);
  }
}
