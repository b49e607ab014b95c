// h[r, u] becomes factor[u] h + shift[u] + sigma[u] noise(u, n) where the mask of row r holds u: a second masked layer
// further down, in place. BEFORE = 1: h comes without its activation, which all of it goes through after that.
// h: [masks * images, units]; masks: [masks, ceil(units / 32)] bits; coefficients: [units, 3]. GIVEN = 1: what units become differs
// by sample, and is what coefficients hold instead: [samples, units].
@group(0) @binding(0) var<storage, read> masks: array<u32>;
@group(0) @binding(1) var<storage, read> coefficients: array<f32>;
@group(0) @binding(2) var<storage, read_write> h: array<f32>;
struct Remask { rows: u32, units: u32, images: u32, maskStart: u32, imageStart: u32, sampleStart: u32, seed: u32, alpha: f32, beta: f32 }
@group(1) @binding(0) var<uniform> size: Remask;
const ACTIVATION = 0u;
const BEFORE = 0u;
const GIVEN = 0u;
const WORKGROUP = 64u;
// include: lib/activation.wgsl
// include: lib/noise.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let row = index / size.units;
  let unit = index % size.units;
  if (row >= size.rows) { return; }
  let word = masks[(size.maskStart + row / size.images) * ((size.units + 31u) / 32u) + unit / 32u];
  let isMasked = ((word >> (unit % 32u)) & 1u) == 1u;
  if (BEFORE == 0u) { if (!isMasked) { return; } }
  var value = h[index];
  if (isMasked) {
    if (GIVEN == 1u) {
      value = coefficients[(size.imageStart + row % size.images) * size.units + unit];
    } else {
      let sigma = coefficients[unit * 3u + 2u];
      value = coefficients[unit * 3u] * value + coefficients[unit * 3u + 1u];
      if (sigma != 0.0) { value += sigma * normal(size.seed, unit, size.sampleStart + size.imageStart + row % size.images); }
    }
  }
  if (BEFORE == 1u) { value = activate(ACTIVATION, vec4f(value), size.alpha, size.beta).x; }
  h[index] = value;
}
