// sums[part, g, 0, c] = sum of x y and, ABSOLUTE = 1, sums[part, g, 1, c] = sum of |x y|, over the positions of a part of group g,
// in order: a gradient times what it is the gradient of. x, y: [groups, positions, channels4]; sums: [parts, groups, 1 or 2,
// channels4], in vec4s.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;
struct ChannelProducts { groups: u32, positions: u32, channels4: u32, parts: u32, partSize: u32 }
@group(1) @binding(0) var<uniform> size: ChannelProducts;
const ABSOLUTE = 0u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let slot = index / size.channels4;
  let part = slot / size.groups;
  if (part >= size.parts) { return; }
  let c = index - slot * size.channels4;
  let g = slot - part * size.groups;
  var sum = vec4f(0.0);
  var absolute = vec4f(0.0);
  for (var p = part * size.partSize; p < min(size.positions, (part + 1u) * size.partSize); p++) {
    let at = (g * size.positions + p) * size.channels4 + c;
    let product = x[at] * y[at];
    sum += product;
    if (ABSOLUTE == 1u) { absolute += abs(product); }
  }
  let to = slot * (1u + ABSOLUTE) * size.channels4 + c;
  sums[to] = sum;
  if (ABSOLUTE == 1u) { sums[to + size.channels4] = absolute; }
}
