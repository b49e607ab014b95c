// y[r, p, o] = activation(z[i, p, o] + sum over taps t and units u of the mask of d[i, at(p, t), u] weight[t, u, o]): the
// convolution after the damage, entered from its intact pre-activation z by what replacing the masked units adds to its input,
// d = a' - a, at k/C of its cost. Row r is image i under a mask: rows[r] = (i, mask). Of a mask of most units those left alone
// are listed (program, bit 31), and taken back from zReplaced, the pre-activation with all units replaced.
// z, zReplaced: [images, positions, outChannels4] in vec4s; d: [images, in positions, channels] with the padding of its vec4s;
// weight: [taps, tapRows, outChannels4] in vec4s; program: where each mask's units begin, then the units.
@group(0) @binding(0) var<storage, read> z: array<vec4f>;
@group(0) @binding(1) var<storage, read> zReplaced: array<vec4f>;
@group(0) @binding(2) var<storage, read> d: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<vec4f>;
@group(0) @binding(4) var<storage, read> program: array<u32>;
@group(0) @binding(5) var<storage, read> rows: array<vec2u>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4f>;
struct Conv2dDelta {
  rows: u32,
  height: u32,
  width: u32,
  // Numbers from one position of d to the next.
  inChannels: u32,
  outHeight: u32,
  outWidth: u32,
  outChannels4: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  strideY: u32,
  strideX: u32,
  dilationY: u32,
  dilationX: u32,
  padTop: u32,
  padLeft: u32,
  // Rows of weight from one tap to the next.
  tapRows: u32,
  // Channel of unit 0.
  channelStart: u32,
  // The first vec4 of channels of z and y that weight holds, and how many it holds.
  partStart4: u32,
  part4: u32,
  alpha: f32,
  beta: f32,
}
@group(1) @binding(0) var<uniform> size: Conv2dDelta;
const ACTIVATION = 0u;
const POSITIONS = 4u;
const CHANNELS4 = 4u;
const WORKGROUP = 8u;
// include: lib/activation.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let channelTiles = (size.part4 + CHANNELS4 - 1u) / CHANNELS4;
  let outputs = size.outHeight * size.outWidth;
  let positionTiles = (outputs + POSITIONS - 1u) / POSITIONS;
  let tile = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let firstChannel = (tile % channelTiles) * CHANNELS4;
  let positionTile = tile / channelTiles;
  let row = positionTile / positionTiles;
  if (row >= size.rows) { return; }
  let first = (positionTile - row * positionTiles) * POSITIONS;
  let image = rows[row].x;
  let mask = rows[row].y;
  let begin = program[mask];
  let isComplement = (begin >> 31u) == 1u;
  let end = program[mask + 1u] & 0x7fffffffu;

  // Places before the first wrap around and so are beyond the last: one comparison an axis, and no branches.
  var top: array<u32, POSITIONS>;
  var left: array<u32, POSITIONS>;
  var channel: array<u32, CHANNELS4>;
  var sum: array<vec4f, POSITIONS * CHANNELS4>;
  for (var p = 0u; p < POSITIONS; p++) { // unroll
    let at = min(first + p, outputs - 1u);
    let down = at / size.outWidth;
    top[p] = down * size.strideY - size.padTop;
    left[p] = (at - down * size.outWidth) * size.strideX - size.padLeft;
    let start = (image * outputs + at) * size.outChannels4 + size.partStart4;
    for (var n = 0u; n < CHANNELS4; n++) { // unroll
      channel[n] = min(firstChannel + n, size.part4 - 1u);
      if (isComplement) {
        sum[p * CHANNELS4 + n] = zReplaced[start + channel[n]];
      } else {
        sum[p * CHANNELS4 + n] = z[start + channel[n]];
      }
    }
  }
  let origin = image * size.height * size.width;
  let sign = select(1.0, -1.0, isComplement);
  var tap = 0u;
  for (var ky = 0u; ky < size.kernelHeight; ky++) {
    for (var kx = 0u; kx < size.kernelWidth; kx++) {
      var at: array<u32, POSITIONS>;
      var factor: array<f32, POSITIONS>;
      for (var p = 0u; p < POSITIONS; p++) { // unroll
        let down = top[p] + ky * size.dilationY;
        let across = left[p] + kx * size.dilationX;
        let isInside = (down < size.height) & (across < size.width);
        at[p] = select(0u, (origin + down * size.width + across) * size.inChannels, isInside);
        factor[p] = select(0.0, sign, isInside);
      }
      for (var listed = begin & 0x7fffffffu; listed < end; listed++) {
        let unit = size.channelStart + program[listed];
        var values: array<f32, POSITIONS>;
        for (var p = 0u; p < POSITIONS; p++) { // unroll
          values[p] = factor[p] * d[at[p] + unit];
        }
        let weightRow = (tap * size.tapRows + unit) * size.part4;
        for (var n = 0u; n < CHANNELS4; n++) { // unroll
          let weights = weight[weightRow + channel[n]];
          for (var p = 0u; p < POSITIONS; p++) { // unroll
            sum[p * CHANNELS4 + n] += values[p] * weights;
          }
        }
      }
      tap++;
    }
  }
  for (var p = 0u; p < POSITIONS; p++) { // unroll
    if (outputs > first + p) {
      for (var n = 0u; n < CHANNELS4; n++) { // unroll
        if (size.part4 > firstChannel + n) {
          y[(row * outputs + first + p) * size.outChannels4 + size.partStart4 + firstChannel + n] =
            activate(ACTIVATION, sum[p * CHANNELS4 + n], size.alpha, size.beta);
        }
      }
    }
  }
}
