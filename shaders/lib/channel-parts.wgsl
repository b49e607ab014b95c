// A thread for each part, group and vec4 of channels of [groups, positions, channels4], in vec4s: sumPart of the shader that
// includes this takes `count` positions of group g from `at` on, each channels4 after the one before, and writes what they come
// to from `to` on. A part is partSize positions, the last ones what is left; groups lie stride4 apart, parts groups stride4.
struct ChannelParts { groups: u32, positions: u32, channels4: u32, parts: u32, partSize: u32, stride4: u32 }
@group(1) @binding(0) var<uniform> size: ChannelParts;
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
  let start = min(part * size.partSize, size.positions);
  let count = min(size.partSize, size.positions - start);
  sumPart(g, c, (g * size.positions + start) * size.channels4 + c, count, slot * size.stride4 + c);
}
