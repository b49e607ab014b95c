// partial[r, p] = (sum of (b - a)^2, sum of a^2) over the vec4s p, p + parts, p + 2 parts, .. of row r, in order: neighbouring
// threads read neighbouring vec4s. Lanes behind the channels are nobody's and count for nothing; the host adds the parts.
// a, b: [rows, vectors] in vec4s, vectors = positions x channels / 4; partial: [rows, parts].
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partial: array<vec2f>;
struct RowDistance { rows: u32, vectors: u32, channels: u32, parts: u32 }
@group(1) @binding(0) var<uniform> size: RowDistance;
const WORKGROUP = 64u;
// include: lib/lanes.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let row = index / size.parts;
  if (row >= size.rows) { return; }
  let channels4 = (size.channels + 3u) / 4u;
  var distance = 0.0;
  var norm = 0.0;
  for (var v = index - row * size.parts; v < size.vectors; v += size.parts) {
    let channel = 4u * (v % channels4);
    let before = keepLanes(a[row * size.vectors + v], channel, size.channels);
    let change = keepLanes(b[row * size.vectors + v], channel, size.channels) - before;
    distance += dot(change, change);
    norm += dot(before, before);
  }
  partial[index] = vec2f(distance, norm);
}
