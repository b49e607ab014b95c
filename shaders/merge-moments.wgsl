// Joins each `merge` parts that follow each other into one, in order: merged[q] = the moments of parts q merge to
// (q + 1) merge. partial: [parts, groups, 2, channels4] as batch-norm-moments leaves it, each part `partSize` of the
// `positions` of a group, the last what is left; merged: [ceil(parts / merge), groups, 2, channels4], in vec4s.
@group(0) @binding(0) var<storage, read> partial: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> merged: array<vec4f>;
struct MergeMoments { groups: u32, positions: u32, channels4: u32, parts: u32, partSize: u32, merge: u32 }
@group(1) @binding(0) var<uniform> size: MergeMoments;
const WORKGROUP = 64u;
// include: lib/moments.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let slot = index / size.channels4;
  let c = index - slot * size.channels4;
  let to = slot / size.groups;
  let g = slot - to * size.groups;
  if (to * size.merge >= size.parts) { return; }
  var total = Moments(0.0, vec4f(0.0), vec4f(0.0));
  for (var part = to * size.merge; part < min(size.parts, (to + 1u) * size.merge); part++) {
    let at = (part * size.groups + g) * 2u * size.channels4 + c;
    let count = partCount(part * size.partSize, size.partSize, size.positions);
    total = mergeMoments(total, Moments(count, partial[at], partial[at + size.channels4]));
  }
  let at = slot * 2u * size.channels4 + c;
  merged[at] = total.mean;
  merged[at + size.channels4] = total.deviations;
}
