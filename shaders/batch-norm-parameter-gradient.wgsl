// dbeta = sum of dy, dgamma = sum of dy (x - mean) / sqrt(variance + epsilon), from those sums over a batch.
// sums: [groups, 2, channels4]; statistics: [4, stride4] as batch-norm-statistics leaves them; dgamma, dbeta:
// [groups, parameterStride4], in vec4s.
@group(0) @binding(0) var<storage, read> sums: array<vec4f>;
@group(0) @binding(1) var<storage, read> statistics: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dgamma: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dbeta: array<vec4f>;
struct BatchNormParameterGradient { groups: u32, channels: u32, stride4: u32, parameterStride4: u32 }
@group(1) @binding(0) var<uniform> size: BatchNormParameterGradient;
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
  let g = index / channels4;
  if (g >= size.groups) { return; }
  let c = index - g * channels4;
  let at = 2u * g * channels4 + c;
  let parameter = g * size.parameterStride4 + c;
  dbeta[parameter] = keepLanes(sums[at], c * 4u, size.channels);
  dgamma[parameter] = keepLanes(sums[at + channels4] * statistics[size.stride4 + index], c * 4u, size.channels);
}
