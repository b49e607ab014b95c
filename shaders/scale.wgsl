// y[p, c] = activation(x[p, c] * scale[c] + shift[c]); AFFINE = 0: activation(x), scale and shift are not read.
// x, y: [positions, channels / 4], of all rows; scale, shift: [channels / 4].
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> scale: array<vec4f>;
@group(0) @binding(2) var<storage, read> shift: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
struct Scale { positions: u32, channels: u32, alpha: f32, beta: f32 }
@group(1) @binding(0) var<uniform> size: Scale;
const AFFINE = 1u;
const ACTIVATION = 0u;
// Positions a thread.
const RUN = 4u;
const WORKGROUP = 64u;
// include: lib/activation.wgsl
// include: lib/lanes.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let vectors = (size.channels + 3u) / 4u;
  let run = index / vectors;
  let c = index - run * vectors;
  let first = run * RUN;
  if (first >= size.positions) { return; }
  var factor = vec4f(1.0);
  var offset = vec4f(0.0);
  if (AFFINE == 1u) {
    factor = scale[c];
    offset = shift[c];
  }
  for (var i = 0u; i < RUN; i++) { // unroll
    if (first + i < size.positions) {
      let at = (first + i) * vectors + c;
      var value = x[at];
      if (AFFINE == 1u) { value = value * factor + offset; }
      y[at] = keepLanes(activate(ACTIVATION, value, size.alpha, size.beta), c * 4u, size.channels);
    }
  }
}
