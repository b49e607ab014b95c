// y[p, c] = exp(x[p, c] - m) / s, or x[p, c] - m - log(s) with LOG, m the greatest x[p, c] and s the sum of exp(x[p, c] - m),
// over the channels. x, y: [positions, channels / 4], of all rows. A thread a position.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
struct Softmax { positions: u32, channels: u32 }
@group(1) @binding(0) var<uniform> size: Softmax;
const LOG = 0u;
const WORKGROUP = 64u;
// include: lib/lanes.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let position = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (position >= size.positions) { return; }
  let vectors = (size.channels + 3u) / 4u;
  let base = position * vectors;
  var greatest = vec4f(x[base].x);
  for (var c = 0u; c < vectors; c++) {
    // Padding does not compete.
    let real = vec4u(c * 4u) + vec4u(0u, 1u, 2u, 3u) < vec4u(size.channels);
    greatest = max(greatest, select(greatest, x[base + c], real));
  }
  let top = max(max(greatest.x, greatest.y), max(greatest.z, greatest.w));
  var sums = vec4f(0.0);
  for (var c = 0u; c < vectors; c++) { sums += keepLanes(exp(x[base + c] - top), c * 4u, size.channels); }
  let sum = (sums.x + sums.y) + (sums.z + sums.w);
  for (var c = 0u; c < vectors; c++) {
    var value = x[base + c] - top;
    if (LOG == 1u) { value = value - log(sum); } else { value = exp(value) / sum; }
    y[base + c] = keepLanes(value, c * 4u, size.channels);
  }
}
