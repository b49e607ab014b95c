// y[r, p, c] = activation(a[ra, pa, ca] op b[rb, pb, cb]), shapes broadcast as NumPy does: an operand has stride 0 along an
// axis in which it is repeated. Axis 0 is the last before the channels; axes that both operands run through alike are one.
// a, b: [their rows, positions, channels / 4], y: [rows, size4, ..., size0, channels / 4]; rows: the image and mask of each row.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> rows: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
// Strides in vec4s.
struct Binary {
  rows: u32,
  channels: u32,
  size0: u32,
  size1: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  aRow: u32,
  aStride0: u32,
  aStride1: u32,
  aStride2: u32,
  aStride3: u32,
  aStride4: u32,
  bRow: u32,
  bStride0: u32,
  bStride1: u32,
  bStride2: u32,
  bStride3: u32,
  bStride4: u32,
  alpha: f32,
  beta: f32,
}
@group(1) @binding(0) var<uniform> size: Binary;
// 0: add, 1: subtract, 2: multiply, 3: divide.
const OPERATOR = 0u;
const ACTIVATION = 0u;
// Axes in use, 1 to 5.
const AXES = 1u;
// 1: an operand has the rows of the images, rows[r].x.
const A_SHARED = 0u;
const B_SHARED = 0u;
// 1: an operand has one channel, for all.
const A_SPLAT = 0u;
const B_SPLAT = 0u;
// Neighbours along axis 0 a thread.
const RUN = 4u;
const WORKGROUP = 64u;
// include: lib/activation.wgsl
// include: lib/lanes.wgsl

fn combined(left: vec4f, right: vec4f) -> vec4f {
  if (OPERATOR == 0u) { return left + right; }
  if (OPERATOR == 1u) { return left - right; }
  if (OPERATOR == 2u) { return left * right; }
  return left / right;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let vectors = (size.channels + 3u) / 4u;
  let runs = (size.size0 + RUN - 1u) / RUN;
  let run = index / vectors;
  let c = index - run * vectors;
  let line = run / runs;
  let first = (run - line * runs) * RUN;
  var rest = line;
  var aAt = first * size.aStride0;
  var bAt = first * size.bStride0;
  if (AXES > 1u) {
    let o = rest % size.size1;
    rest = rest / size.size1;
    aAt += o * size.aStride1;
    bAt += o * size.bStride1;
  }
  if (AXES > 2u) {
    let o = rest % size.size2;
    rest = rest / size.size2;
    aAt += o * size.aStride2;
    bAt += o * size.bStride2;
  }
  if (AXES > 3u) {
    let o = rest % size.size3;
    rest = rest / size.size3;
    aAt += o * size.aStride3;
    bAt += o * size.bStride3;
  }
  if (AXES > 4u) {
    let o = rest % size.size4;
    rest = rest / size.size4;
    aAt += o * size.aStride4;
    bAt += o * size.bStride4;
  }
  if (rest >= size.rows) { return; }
  if (A_SHARED == 1u) { aAt += rows[rest].x * size.aRow; } else { aAt += rest * size.aRow; }
  if (B_SHARED == 1u) { bAt += rows[rest].x * size.bRow; } else { bAt += rest * size.bRow; }
  if (A_SPLAT == 0u) { aAt += c; }
  if (B_SPLAT == 0u) { bAt += c; }
  for (var i = 0u; i < RUN; i++) { // unroll
    if (first + i < size.size0) {
      var left = a[aAt + i * size.aStride0];
      var right = b[bAt + i * size.bStride0];
      if (A_SPLAT == 1u) { left = left.xxxx; }
      if (B_SPLAT == 1u) { right = right.xxxx; }
      let value = activate(ACTIVATION, combined(left, right), size.alpha, size.beta);
      y[(line * size.size0 + first + i) * vectors + c] = keepLanes(value, c * 4u, size.channels);
    }
  }
}
