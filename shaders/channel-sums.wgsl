// partial[part, g, 0, c] = sum of x, partial[part, g, 1, c] = sum of x (other - shift[g, c]), over the positions of a part of
// group g, in order; PRODUCT = 0: the first alone, other is not read. x, other: [groups, positions, channels4]; shift:
// [groups, channels4], read where SHIFTED = 1; all in vec4s. Groups of a part lie stride4 apart, parts groups stride4.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> other: array<vec4f>;
@group(0) @binding(2) var<storage, read> shift: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partial: array<vec4f>;
struct ChannelSums { groups: u32, positions: u32, channels4: u32, parts: u32, partSize: u32, stride4: u32 }
@group(1) @binding(0) var<uniform> size: ChannelSums;
const PRODUCT = 0u;
const SHIFTED = 0u;
// Positions that are added up before their sum joins the total: less is rounded away.
const RUN = 4u;
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
  var center = vec4f(0.0);
  if (SHIFTED == 1u) { center = shift[g * size.channels4 + c]; }
  let stop = min(size.positions, (part + 1u) * size.partSize);
  var p = part * size.partSize;
  var at = (g * size.positions + p) * size.channels4 + c;
  var first = vec4f(0.0);
  var second = vec4f(0.0);
  for (; p + RUN <= stop; p += RUN) {
    var firstRun = vec4f(0.0);
    var secondRun = vec4f(0.0);
    for (var i = 0u; i < RUN; i++) { // unroll
      let value = x[at];
      firstRun += value;
      if (PRODUCT == 1u) { secondRun += value * (other[at] - center); }
      at += size.channels4;
    }
    first += firstRun;
    second += secondRun;
  }
  for (; p < stop; p++) {
    let value = x[at];
    first += value;
    if (PRODUCT == 1u) { second += value * (other[at] - center); }
    at += size.channels4;
  }
  let to = slot * size.stride4 + c;
  partial[to] = first;
  if (PRODUCT == 1u) { partial[to + size.channels4] = second; }
}
