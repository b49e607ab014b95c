// x[r, f] = level[channel of f][value of sample n at f], n = order[start + r] or start + r: bytes become what the network
// reads, by a table that the host made, so that every adapter sees the same bits. values: [samples, words] of four bytes;
// BYTES = 0: [samples, features] of f32, already as the network reads them.
@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> levels: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;
struct Gather { rows: u32, start: u32, features: u32, useOrder: u32 }
@group(1) @binding(0) var<uniform> size: Gather;
const BYTES = 1u;
const CHANNELS = 1u;
// 1: features is a multiple of 4, so that every value of a word is one.
const WHOLE_WORDS = 0u;
// Words a thread.
const WORDS = 4u;
const WORKGROUP = 64u;

fn levelOf(feature: u32, byte: u32) -> f32 {
  if (CHANNELS == 1u) { return levels[byte]; }
  return levels[(feature % CHANNELS) * 256u + byte];
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let words = (size.features + 3u) / 4u;
  let threads = (words + WORDS - 1u) / WORDS;
  let row = index / threads;
  if (row >= size.rows) { return; }
  let first = (index - row * threads) * WORDS;
  var sample = size.start + row;
  if (size.useOrder == 1u) { sample = order[sample]; }
  for (var w = 0u; w < WORDS; w++) { // unroll
    let word = first + w;
    if (word < words) {
      let at = row * size.features + word * 4u;
      if (BYTES == 1u) {
        let bytes = values[sample * words + word];
        for (var i = 0u; i < 4u; i++) { // unroll
          if (WHOLE_WORDS == 1u || word * 4u + i < size.features) {
            x[at + i] = levelOf(word * 4u + i, (bytes >> (i * 8u)) & 0xffu);
          }
        }
      } else {
        for (var i = 0u; i < 4u; i++) { // unroll
          if (WHOLE_WORDS == 1u || word * 4u + i < size.features) {
            x[at + i] = bitcast<f32>(values[sample * size.features + word * 4u + i]);
          }
        }
      }
    }
  }
}
