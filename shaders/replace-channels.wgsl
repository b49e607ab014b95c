// replaced[n, p, c] = a' of every channel at once: factor[c] a + shift[c] + sigma[c] noise with a = activation(z); or, BEFORE = 1,
// activation(factor[c] z + shift[c] + sigma[c] noise). z, replaced: [images, positions, channels4] in vec4s; coefficients:
// [3, channels4]: factors, shifts, sigmas. Noise is drawn for (channel, sample, position). GIVEN = 1: the shift differs by sample,
// and is what replaced holds before.
@group(0) @binding(0) var<storage, read> z: array<vec4f>;
@group(0) @binding(1) var<storage, read> coefficients: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> replaced: array<vec4f>;
struct Replace { images: u32, positions: u32, channels4: u32, sampleStart: u32, seed: u32, alpha: f32, beta: f32 }
@group(1) @binding(0) var<uniform> size: Replace;
const ACTIVATION = 0u;
const BEFORE = 0u;
const NOISE = 0u;
const GIVEN = 0u;
const WORKGROUP = 64u;
// include: lib/activation.wgsl
// include: lib/noise.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let position = index / size.channels4;
  if (position >= size.images * size.positions) { return; }
  let channel = index - position * size.channels4;
  let factor = coefficients[channel];
  var shift = coefficients[size.channels4 + channel];
  if (GIVEN == 1u) { shift = replaced[index]; }
  if (NOISE == 1u) {
    let drawn = size.sampleStart * size.positions + position;
    let sigma = coefficients[2u * size.channels4 + channel];
    for (var i = 0u; i < 4u; i++) { // unroll
      shift[i] += sigma[i] * normal(size.seed, channel * 4u + i, drawn);
    }
  }
  if (BEFORE == 1u) {
    replaced[index] = activate(ACTIVATION, factor * z[index] + shift, size.alpha, size.beta);
  } else {
    replaced[index] = factor * activate(ACTIVATION, z[index], size.alpha, size.beta) + shift;
  }
}
