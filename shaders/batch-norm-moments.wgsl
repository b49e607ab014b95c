// partial[part, g, 0, c] = mean of x, partial[part, g, 1, c] = sum of (x - mean)^2, over the positions of a part of group g:
// blocks of BLOCK positions in registers, each against its own mean, joined in order. x: [groups, positions, channels4],
// partial: [parts, groups, 2, channels4], in vec4s.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<vec4f>;
struct BatchNormMoments { groups: u32, positions: u32, channels4: u32, parts: u32, partSize: u32 }
@group(1) @binding(0) var<uniform> size: BatchNormMoments;
const BLOCK = 8u;
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
  let part = slot / size.groups;
  if (part >= size.parts) { return; }
  let c = index - slot * size.channels4;
  let g = slot - part * size.groups;
  let stop = min(size.positions, (part + 1u) * size.partSize);
  var p = part * size.partSize;
  var at = (g * size.positions + p) * size.channels4 + c;
  var total = Moments(0.0, vec4f(0.0), vec4f(0.0));
  for (; p + BLOCK <= stop; p += BLOCK) {
    var values: array<vec4f, BLOCK>;
    var sum = vec4f(0.0);
    for (var i = 0u; i < BLOCK; i++) { // unroll
      values[i] = x[at];
      sum += values[i];
      at += size.channels4;
    }
    let mean = sum / f32(BLOCK);
    var deviations = vec4f(0.0);
    for (var i = 0u; i < BLOCK; i++) { // unroll
      let deviation = values[i] - mean;
      deviations += deviation * deviation;
    }
    total = mergeMoments(total, Moments(f32(BLOCK), mean, deviations));
  }
  for (; p < stop; p++) {
    total = mergeMoments(total, Moments(1.0, x[at], vec4f(0.0)));
    at += size.channels4;
  }
  let to = slot * 2u * size.channels4 + c;
  partial[to] = total.mean;
  partial[to + size.channels4] = total.deviations;
}
