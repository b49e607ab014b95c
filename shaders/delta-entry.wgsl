// c[j, i, n] = activation(z[i, n] + sum over the units u of mask j of displacement[i, u] b[u, n]): the layer after the
// damage, from its intact pre-activation z and what the masked units take away, at k/C of the layer's cost.
// z and displacement are unit-major: [2 columns, stride], intact and then with all units replaced, and [units, stride].
// program: where each mask's units begin (bit 31: the units left alone are listed), then the units; c: [masks * images,
// columns].
@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> displacement: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> program: array<u32>;
@group(0) @binding(4) var<storage, read_write> c: array<f32>;
struct Delta {
  masks: u32,
  images: u32,
  columns: u32,
  // Images from one unit to the next in z and displacement.
  stride: u32,
  maskStart: u32,
  imageStart: u32,
  alpha: f32,
  beta: f32,
}
@group(1) @binding(0) var<uniform> size: Delta;
const C_ACTIVATION = 0u;
// Images a thread.
const IMAGES = 4u;
const WORKGROUP = 64u;
// include: lib/activation.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let blocks = (size.images + IMAGES - 1u) / IMAGES;
  let columns4 = (size.columns + 3u) / 4u;
  let column = (id.x % columns4) * 4u;
  let slot = id.x / columns4;
  let mask = id.y;
  if (mask >= size.masks) { return; }
  if (slot >= blocks) { return; }
  let columnAt = min(vec4u(column) + vec4u(0u, 1u, 2u, 3u), vec4u(size.columns - 1u));

  let complement = program[size.maskStart + mask] >> 31u;
  let sign = select(1.0, -1.0, complement == 1u);
  var image: array<u32, IMAGES>;
  var sum: array<vec4f, IMAGES>;
  for (var i = 0u; i < IMAGES; i++) { // unroll
    image[i] = size.imageStart + min(slot * IMAGES + i, size.images - 1u);
    let at = (complement * size.columns + columnAt) * size.stride + image[i];
    sum[i] = vec4f(z[at.x], z[at.y], z[at.z], z[at.w]);
  }
  let end = program[size.maskStart + mask + 1u] & 0x7fffffffu;
  for (var p = program[size.maskStart + mask] & 0x7fffffffu; p < end; p++) {
    let unit = program[p];
    let at = unit * size.columns + columnAt;
    let weights = sign * vec4f(b[at.x], b[at.y], b[at.z], b[at.w]);
    for (var i = 0u; i < IMAGES; i++) { // unroll
      sum[i] += displacement[unit * size.stride + image[i]] * weights;
    }
  }
  for (var i = 0u; i < IMAGES; i++) { // unroll
    let value = activate(C_ACTIVATION, sum[i], size.alpha, size.beta);
    let row = mask * size.images + slot * IMAGES + i;
    if (size.images > slot * IMAGES + i) {
      for (var j = 0u; j < 4u; j++) {
        if (column + j < size.columns) { c[row * size.columns + column + j] = value[j]; }
      }
    }
  }
}
