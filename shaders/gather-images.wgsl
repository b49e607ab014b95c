// x[n, r, y, x] = what the network reads of image pixel (y + dy, x' + dx) of row r of network n, x' = x, or its mirror
// width - 1 - x; 0 outside of the image, and in the lanes behind the channels. Mirrored or not, and dx and dy in -shift ..
// shift, are drawn from (seed, epoch, sample) by lib/hash.wgsl. values: [samples, words], four bytes or, BYTES = 0, one
// f32 each; levels: [tables, 256]; x: [networks, rows, height, width, VECTORS] in vec4s; order: see lib/batch-order.wgsl.
@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> levels: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<vec4f>;
struct GatherImages {
  networks: u32,
  rows: u32,
  start: u32,
  useOrder: u32,
  orderStride: u32,
  tables: u32,
  words: u32,
  height: u32,
  width: u32,
  channels: u32,
  threads: u32,
  flip: u32,
  shift: u32,
  seed: u32,
  epoch: u32,
}
@group(1) @binding(0) var<uniform> size: GatherImages;
const BYTES = 1u;
// vec4s of a pixel, and whether each of its channels has a table of its own.
const VECTORS = 1u;
const CHANNEL_TABLES = 1u;
const WORKGROUP = 64u;
const LANES = vec4u(0u, 1u, 2u, 3u);
// include: lib/batch-order.wgsl
// include: lib/hash.wgsl
// include: lib/sample-values.wgsl

// The four bytes at byte `at` of the sample whose words begin at `offset`.
fn bytesAt(offset: u32, at: u32) -> u32 {
  let place = offset + at / 4u;
  let shift = at % 4u * 8u;
  // In two steps: a shift by 32 is one by 0.
  return (values[place] >> shift) | ((values[place + 1u] << (31u - shift)) << 1u);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  // One thread for every `threads`-th pixel of a line.
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let line = index / size.threads;
  let row = line / size.height;
  let network = row / size.rows;
  if (network >= size.networks) { return; }
  let sample = sampleOf(network, row - network * size.rows);
  let offset = sample * size.words;
  let drawn = pcg(pcg(pcg(size.seed) + size.epoch) + sample);
  let again = pcg(drawn);
  let span = 2u * size.shift + 1u;
  // Differences wrap around, so that one comparison finds what is outside on either side.
  let dx = (((drawn & 0xffffu) * span) >> 16u) - size.shift;
  let dy = (((again & 0xffffu) * span) >> 16u) - size.shift;
  let mirrored = (size.flip & (drawn >> 31u)) == 1u;
  let sourceY = line - row * size.height + dy;
  for (var column = index - line * size.threads; column < size.width; column += size.threads) {
    let sourceX = select(column, size.width - 1u - column, mirrored) + dx;
    let inside = (sourceX < size.width) & (sourceY < size.height);
    let pixel = select(0u, sourceY * size.width + sourceX, inside);
    for (var v = 0u; v < VECTORS; v++) { // unroll
      let channels = v * 4u + LANES;
      let feature = pixel * size.channels + v * 4u;
      var value: vec4f;
      if (BYTES == 1u) {
        // Lanes behind the channels read some table.
        var tables = min(channels, vec4u(size.tables - 1u));
        if (CHANNEL_TABLES == 0u) { tables = (feature + LANES) % size.tables; }
        value = levelsOf(tables, bytesAt(offset, feature));
      } else {
        value = floatsAt(offset + feature);
      }
      let lanes = (channels < vec4u(size.channels)) & vec4<bool>(inside);
      x[(line * size.width + column) * VECTORS + v] = select(vec4f(0.0), value, lanes);
    }
  }
}
