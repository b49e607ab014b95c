// y[g, i] = sum over p, ascending, of x[p, g, i]: what the splits of a product, or of any sum, come to; always in the same
// order. x: [parts, groups, fromStride4], of which count4 from from4 on are taken; y: [groups, toStride4], in vec4s.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
struct SumParts { parts: u32, groups: u32, count4: u32, from4: u32, fromStride4: u32, toStride4: u32 }
@group(1) @binding(0) var<uniform> size: SumParts;
// Parts that are read together: their sum goes on in order, and waits for memory once.
const AHEAD = 8u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let network = index / size.count4;
  if (network >= size.groups) { return; }
  let at = index - network * size.count4;
  let first = network * size.fromStride4 + size.from4 + at;
  let part = size.groups * size.fromStride4;
  var sum = x[first];
  var p = 1u;
  for (; p + AHEAD <= size.parts; p += AHEAD) {
    var values: array<vec4f, AHEAD>;
    for (var i = 0u; i < AHEAD; i++) { // unroll
      values[i] = x[(p + i) * part + first];
    }
    for (var i = 0u; i < AHEAD; i++) { // unroll
      sum += values[i];
    }
  }
  for (; p < size.parts; p++) {
    sum += x[p * part + first];
  }
  y[network * size.toStride4 + at] = sum;
}
