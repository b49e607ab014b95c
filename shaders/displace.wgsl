// displacement[u, n] = a' - a with a = activation(z) and a' = factor[u] a + shift[u] + sigma[u] noise(u, n) or, BEFORE = 1,
// activation(factor[u] z + shift[u] + sigma[u] noise(u, n)): what replacing unit u adds to its activation on sample n.
// z and displacement: [units, stride], unit-major; coefficients: [units, 3]. GIVEN = 1: the shift differs by sample, and is what
// displacement holds before.
@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> coefficients: array<f32>;
@group(0) @binding(2) var<storage, read_write> displacement: array<f32>;
struct Displace { units: u32, samples: u32, stride: u32, seed: u32, sampleStart: u32, alpha: f32, beta: f32 }
@group(1) @binding(0) var<uniform> size: Displace;
const ACTIVATION = 0u;
const BEFORE = 0u;
const GIVEN = 0u;
const WORKGROUP = 64u;
// include: lib/activation.wgsl
// include: lib/noise.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let sample = id.x;
  let unit = id.y;
  if (sample >= size.samples || unit >= size.units) { return; }
  let at = unit * size.stride + sample;
  let sigma = coefficients[unit * 3u + 2u];
  var shift = coefficients[unit * 3u + 1u];
  if (GIVEN == 1u) { shift = displacement[at]; }
  if (sigma != 0.0) { shift += sigma * normal(size.seed, unit, size.sampleStart + sample); }
  let factor = coefficients[unit * 3u];
  let a = activate(ACTIVATION, vec4f(z[at]), size.alpha, size.beta).x;
  if (BEFORE == 1u) {
    displacement[at] = activate(ACTIVATION, vec4f(factor * z[at] + shift), size.alpha, size.beta).x - a;
  } else {
    displacement[at] = (factor - 1.0) * a + shift;
  }
}
