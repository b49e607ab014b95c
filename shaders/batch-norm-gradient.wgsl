// dx = scale (dy - sum(dy) / n - (x - mean) rstd^2 sum(dy (x - mean)) / n), n = positions of a group: the gradient through
// the mean and variance of the batch too (Ioffe and Szegedy 2015, section 3); FROZEN = 1: dx = scale dy, x and sums are not
// read. x, dy, dx: [groups, positions, channels4]; sums: [groups, 2, channels4]: of dy, and of dy (x - mean);
// statistics: [4, stride4] as batch-norm-statistics leaves them, in vec4s.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> sums: array<vec4f>;
@group(0) @binding(3) var<storage, read> statistics: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dx: array<vec4f>;
struct BatchNormGradient { groups: u32, positions: u32, channels: u32, stride4: u32, parts: u32 }
@group(1) @binding(0) var<uniform> size: BatchNormGradient;
const FROZEN = 0u;
// Positions a thread.
const RUN = 4u;
const WORKGROUP = 64u;
// include: lib/lanes.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let channels4 = (size.channels + 3u) / 4u;
  let slot = index / channels4;
  let g = slot / size.parts;
  if (g >= size.groups) { return; }
  let c = index - slot * channels4;
  let first = (slot - g * size.parts) * RUN;
  let stop = min(first + RUN, size.positions);
  let channel = g * channels4 + c;
  // 0 in the lanes of the padding, where the statistics are.
  let scale = statistics[2u * size.stride4 + channel];
  var mean = vec4f(0.0);
  var constant = vec4f(0.0);
  var slope = vec4f(0.0);
  if (FROZEN == 0u) {
    let share = 1.0 / f32(size.positions);
    let rstd = statistics[size.stride4 + channel];
    mean = statistics[channel];
    constant = sums[2u * g * channels4 + c] * share;
    slope = sums[(2u * g + 1u) * channels4 + c] * rstd * rstd * share;
  }
  var at = (g * size.positions + first) * channels4 + c;
  for (var p = first; p < stop; p++) {
    var gradient = dy[at];
    if (FROZEN == 0u) { gradient -= constant + (x[at] - mean) * slope; }
    dx[at] = keepLanes(scale * gradient, c * 4u, size.channels);
    at += channels4;
  }
}
