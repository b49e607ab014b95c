// partial[u, b] = (sum of a, sum of a squared), a = activation(z), of unit u over the samples of block b; the host adds
// the blocks in order, in float64. z: [units, stride], unit-major.
@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<vec2f>;
struct Moments { units: u32, samples: u32, stride: u32, alpha: f32, beta: f32 }
@group(1) @binding(0) var<uniform> size: Moments;
const ACTIVATION = 0u;
const BLOCK = 64u;
const WORKGROUP = 64u;
// include: lib/activation.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let blocks = (size.samples + BLOCK - 1u) / BLOCK;
  if (id.x >= blocks || id.y >= size.units) { return; }
  var sum = vec2f(0.0);
  for (var n = id.x * BLOCK; n < min(size.samples, (id.x + 1u) * BLOCK); n++) {
    let value = activate(ACTIVATION, vec4f(z[id.y * size.stride + n]), size.alpha, size.beta).x;
    sum += vec2f(value, value * value);
  }
  partial[id.y * blocks + id.x] = sum;
}
