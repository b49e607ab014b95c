// x[r, f] = level[channel of f][value of sample n at f], n = order[start + r] or start + r: bytes become what the network
// reads, by a table that the host made, so that every adapter sees the same bits. values: [samples, words] of four bytes;
// BYTES = 0: [samples, features] of f32, already as the network reads them.
@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> levels: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;
struct Gather { rows: u32, start: u32, features: u32, channels: u32, useOrder: u32 }
@group(1) @binding(0) var<uniform> size: Gather;
const BYTES = 1u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let words = (size.features + 3u) / 4u;
  let row = index / words;
  if (row >= size.rows) { return; }
  let word = index % words;
  var sample = size.start + row;
  if (size.useOrder == 1u) { sample = order[sample]; }
  for (var i = 0u; i < 4u; i++) { // unroll
    let feature = word * 4u + i;
    if (feature < size.features) {
      var value = 0.0;
      if (BYTES == 1u) {
        let level = (values[sample * words + word] >> (i * 8u)) & 0xffu;
        value = levels[(feature % size.channels) * 256u + level];
      } else {
        value = bitcast<f32>(values[sample * size.features + feature]);
      }
      x[row * size.features + feature] = value;
    }
  }
}
