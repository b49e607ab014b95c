// What a batch norm needs of a batch: statistics = mean, 1 / sqrt(variance + epsilon), scale = gamma / sqrt(variance + epsilon)
// and shift = beta - mean scale, [4, stride4], each [groups, channels4] (Ioffe and Szegedy 2015, algorithm 1), from moments
// of parts, and the running mean and variance moved towards the batch's by `momentum`; FROZEN = 1: from those, which stay.
// partial: [parts, groups, 2, channels4]; gamma, beta: [groups, parameterStride4]; running: [groups, channels4], in vec4s.
@group(0) @binding(0) var<storage, read> partial: array<vec4f>;
@group(0) @binding(1) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(2) var<storage, read> beta: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> runningMean: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> runningVariance: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> statistics: array<vec4f>;
struct BatchNormStatistics {
  groups: u32,
  positions: u32,
  channels: u32,
  parts: u32,
  partSize: u32,
  stride4: u32,
  parameterStride4: u32,
  epsilon: f32,
  momentum: f32,
}
@group(1) @binding(0) var<uniform> size: BatchNormStatistics;
const FROZEN = 0u;
const WORKGROUP = 64u;
// include: lib/lanes.wgsl
// include: lib/moments.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let channels4 = (size.channels + 3u) / 4u;
  let g = index / channels4;
  if (g >= size.groups) { return; }
  let c = index - g * channels4;
  var mean = runningMean[index];
  var variance = runningVariance[index];
  if (FROZEN == 0u) {
    var total = Moments(0.0, vec4f(0.0), vec4f(0.0));
    for (var part = 0u; part < size.parts; part++) {
      let at = (part * size.groups + g) * 2u * channels4 + c;
      let count = partCount(part * size.partSize, size.partSize, size.positions);
      total = mergeMoments(total, Moments(count, partial[at], partial[at + channels4]));
    }
    let unbiased = total.deviations / max(total.count - 1.0, 1.0);
    runningMean[index] = keepLanes(mean + size.momentum * (total.mean - mean), c * 4u, size.channels);
    runningVariance[index] = keepLanes(variance + size.momentum * (unbiased - variance), c * 4u, size.channels);
    mean = total.mean;
    variance = total.deviations / total.count;
  }
  let parameter = g * size.parameterStride4 + c;
  let rstd = 1.0 / sqrt(variance + size.epsilon);
  let scale = gamma[parameter] * rstd;
  statistics[index] = keepLanes(mean, c * 4u, size.channels);
  statistics[size.stride4 + index] = keepLanes(rstd, c * 4u, size.channels);
  statistics[2u * size.stride4 + index] = keepLanes(scale, c * 4u, size.channels);
  statistics[3u * size.stride4 + index] = keepLanes(beta[parameter] - mean * scale, c * 4u, size.channels);
}
