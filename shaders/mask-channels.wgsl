// h[r, p, c] becomes activation(factor[c] h + shift[c] + sigma[c] noise) where the mask of row r holds unit c, else activation(h):
// a further masked layer, in place. rows[r] = (image, mask); masks: [masks, maskWords] bits; coefficients: [3, channels4]:
// factors, shifts, sigmas; h: [rows, positions, channels4], in vec4s. GIVEN = 1: what units become differs by sample, and is what
// coefficients hold instead: [images, givenPositions, channels4], givenPositions being positions or 1.
@group(0) @binding(0) var<storage, read> masks: array<u32>;
@group(0) @binding(1) var<storage, read> coefficients: array<vec4f>;
@group(0) @binding(2) var<storage, read> rows: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> h: array<vec4f>;
struct MaskChannels {
  rows: u32,
  positions: u32,
  channels4: u32,
  givenPositions: u32,
  maskWords: u32,
  sampleStart: u32,
  seed: u32,
  alpha: f32,
  beta: f32,
}
@group(1) @binding(0) var<uniform> size: MaskChannels;
const ACTIVATION = 0u;
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
  let row = position / size.positions;
  if (row >= size.rows) { return; }
  let channel = (index - position * size.channels4) * 4u;
  let word = masks[rows[row].y * size.maskWords + channel / 32u];
  let bits = (word >> (channel % 32u)) & 15u;
  if (ACTIVATION == 0u && bits == 0u) { return; }
  var factor = vec4f(0.0);
  var shift = vec4f(0.0);
  if (GIVEN == 1u) {
    let place = rows[row].x * size.givenPositions + min(position - row * size.positions, size.givenPositions - 1u);
    shift = coefficients[place * size.channels4 + channel / 4u];
  } else {
    factor = coefficients[channel / 4u];
    shift = coefficients[size.channels4 + channel / 4u];
  }
  var value = h[index];
  for (var i = 0u; i < 4u; i++) { // unroll
    if (((bits >> i) & 1u) == 1u) {
      var other = factor[i] * value[i] + shift[i];
      if (NOISE == 1u) {
        let drawn = (size.sampleStart + rows[row].x) * size.positions + position - row * size.positions;
        other += coefficients[2u * size.channels4 + channel / 4u][i] * normal(size.seed, channel + i, drawn);
      }
      value[i] = other;
    }
  }
  h[index] = activate(ACTIVATION, value, size.alpha, size.beta);
}
