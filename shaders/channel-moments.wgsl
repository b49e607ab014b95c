// partial[b, c] = sum of a, partial[blocks + b, c] = sum of a squared, a = activation(z), over the positions of block b of all
// images; the host adds the blocks in order, in float64. z: [images * positions, channels4], partial: [2 blocks, channels4], in vec4s.
@group(0) @binding(0) var<storage, read> z: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<vec4f>;
struct Moments { positions: u32, channels4: u32, blocks: u32, alpha: f32, beta: f32 }
@group(1) @binding(0) var<uniform> size: Moments;
const ACTIVATION = 0u;
const BLOCK = 256u;
const WORKGROUP = 64u;
// include: lib/activation.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let part = index / size.channels4;
  if (part >= size.blocks) { return; }
  let channel = index - part * size.channels4;
  var sum = vec4f(0.0);
  var squares = vec4f(0.0);
  for (var p = part * BLOCK; p < min(size.positions, (part + 1u) * BLOCK); p++) {
    let value = activate(ACTIVATION, z[p * size.channels4 + channel], size.alpha, size.beta);
    sum += value;
    squares += value * value;
  }
  partial[index] = sum;
  partial[size.blocks * size.channels4 + index] = squares;
}
