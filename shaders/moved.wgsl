// moved[u] = the samples on which replacing unit u moves its activation, one bit each: the rest keep their outcome.
// displacement: [units, stride], unit-major; moved: [units, words].
@group(0) @binding(0) var<storage, read> displacement: array<f32>;
@group(0) @binding(1) var<storage, read_write> moved: array<u32>;
struct Moved { units: u32, samples: u32, stride: u32, words: u32 }
@group(1) @binding(0) var<uniform> size: Moved;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= size.words || id.y >= size.units) { return; }
  var word = 0u;
  for (var i = 0u; i < 32u; i++) {
    let sample = id.x * 32u + i;
    if (sample < size.samples && displacement[id.y * size.stride + sample] != 0.0) { word |= 1u << i; }
  }
  moved[id.y * size.words + id.x] = word;
}
