// dx[r, o, c] = sum over the places s where (r, o, c) was repeated of dy[s] times the derivative of a op b there by the operand
// that dx is the gradient of. Axes that the operand has are walked by threads, those it was repeated along by each thread in
// order, in partial sums of BLOCK, so that thousands of places lose nothing. Axis 0 of either kind is the innermost. a, b: [their
// rows, positions, channels / 4], dy: [rows, positions, outChannels / 4], dx: as the operand, whose vec4s are numbered in order.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;
// Strides in vec4s: of dy, and of the other operand, 0 where it is repeated. The outermost axis needs no size.
struct BinaryGradient {
  // vec4s of dx.
  count: u32,
  channels: u32,
  outChannels: u32,
  size0: u32,
  size1: u32,
  size2: u32,
  stride0: u32,
  stride1: u32,
  stride2: u32,
  stride3: u32,
  other0: u32,
  other1: u32,
  other2: u32,
  other3: u32,
  sum0: u32,
  sum1: u32,
  sumStride0: u32,
  sumStride1: u32,
  sumOther0: u32,
  sumOther1: u32,
}
@group(1) @binding(0) var<uniform> size: BinaryGradient;
// 0: add, 1: subtract, 2: multiply, 3: divide.
const OPERATOR = 0u;
// Which operand dx is the gradient of, 0: a, 1: b.
const SIDE = 0u;
// Axes of the operand in use, rows among them, 1 to 4.
const AXES = 1u;
// Axes that the operand was repeated along, 0 to 2.
const SUMS = 0u;
// 1: one of them, axis 0, is the channels.
const SUM_CHANNELS = 0u;
// 1: the other operand has one channel, for all.
const OTHER_SPLAT = 0u;
const BLOCK = 64u;
const WORKGROUP = 64u;
// include: lib/lanes.wgsl

fn other(at: u32) -> vec4f {
  var value: vec4f;
  if (SIDE == 0u) { value = b[at]; } else { value = a[at]; }
  if (OTHER_SPLAT == 1u) { value = value.xxxx; }
  return value;
}

// One place's part, the operand there being `own`.
fn derived(own: vec4f, dyAt: u32, otherAt: u32) -> vec4f {
  let gradient = dy[dyAt];
  if (OPERATOR == 2u) { return gradient * other(otherAt); }
  if (OPERATOR == 3u && SIDE == 0u) { return gradient / other(otherAt); }
  if (OPERATOR == 3u) { return -gradient * (other(otherAt) / own) / own; }
  if (OPERATOR == 1u && SIDE == 1u) { return -gradient; }
  return gradient;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (index >= size.count) { return; }
  let vectors = (size.channels + 3u) / 4u;
  var rest = index / vectors;
  let c = index - rest * vectors;
  var dyAt = c;
  var otherAt = c;
  if (OTHER_SPLAT == 1u) { otherAt = 0u; }
  if (AXES > 1u) {
    let o = rest % size.size0;
    rest = rest / size.size0;
    dyAt += o * size.stride0;
    otherAt += o * size.other0;
  }
  if (AXES > 2u) {
    let o = rest % size.size1;
    rest = rest / size.size1;
    dyAt += o * size.stride1;
    otherAt += o * size.other1;
  }
  if (AXES > 3u) {
    let o = rest % size.size2;
    rest = rest / size.size2;
    dyAt += o * size.stride2;
    otherAt += o * size.other2;
  }
  dyAt += rest * size.stride3;
  otherAt += rest * size.other3;
  var own = vec4f(1.0);
  if (OPERATOR == 3u && SIDE == 1u) {
    own = b[index];
    if (SUM_CHANNELS == 1u) { own = own.xxxx; }
  }
  if (SUMS == 0u) {
    dx[index] = keepLanes(derived(own, dyAt, otherAt), c * 4u, size.channels);
    return;
  }
  var total = vec4f(0.0);
  for (var i = 0u; i < size.sum1; i++) {
    for (var start = 0u; start < size.sum0; start += BLOCK) {
      let stop = min(start + BLOCK, size.sum0);
      var partial = vec4f(0.0);
      for (var j = start; j < stop; j++) {
        var part = derived(own, dyAt + j * size.sumStride0, otherAt + j * size.sumOther0);
        if (SUM_CHANNELS == 1u) { part = keepLanes(part, j * 4u, size.outChannels); }
        partial += part;
      }
      total += partial;
    }
    dyAt += size.sumStride1;
    otherAt += size.sumOther1;
  }
  if (SUM_CHANNELS == 1u) { total = vec4f((total.x + total.y) + (total.z + total.w)); }
  dx[index] = keepLanes(total, c * 4u, size.channels);
}
