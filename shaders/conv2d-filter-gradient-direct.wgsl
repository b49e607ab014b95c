// dw[s][i, j, c, o] = sum over n, v, u of x[n, v sy + i dy - top, u sx + j dx - left, c] dy[n, v, u, o], over the lines (n, v)
// of split s: splitLines s, and so many from there. x: [rows, height, width, inChannels4], dy: [rows, outHeight, outWidth,
// outChannels4], dw: [splits, kernelHeight, kernelWidth, 4 depth4, outChannels4], depthwise [splits, kernelHeight,
// kernelWidth, outChannels4], in vec4s; depth4: vec4s of one group's input channels. In the padding of dw lies what is
// finite. A thread owns the taps of one kernel row between 4 or 1 input and 4 output channels, and reads each input for
// all of them at once. No workgroup memory, no barrier.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dw: array<vec4f>;
// include: lib/conv2d-filter-gradient-parameters.wgsl
// include: lib/conv2d-span.wgsl
// include: lib/conv2d-groups.wgsl

const DEPTHWISE = 0u;
// Input channels of a thread: 4, or 1 where each output lane has its own: depthwise, and groups that are not whole vec4s.
const LANES = 4u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  // Rows of dw that a tap has, LANES at a time.
  var depth = size.inChannels4 / GROUPS;
  if (GROUP_IN > 0u) { depth = (GROUP_IN + 3u) / 4u * 4u; }
  if (DEPTHWISE == 1u) { depth = 1u; }
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let place = index / size.outChannels4;
  let column4 = index - place * size.outChannels4;
  let c = place % depth;
  let i = place / depth % size.kernelHeight;
  let split = place / (depth * size.kernelHeight);
  if (split >= size.splits) { return; }
  var channel4 = column4;
  if (DEPTHWISE == 0u) { channel4 = column4 / max(size.outChannels4 / GROUPS, 1u) * depth + c; }

  var sum: array<vec4f, TAPS * SEGMENTS * LANES>;
  var line = split * size.splitLines;
  var end = min(line + size.splitLines, size.rows * size.outHeight);
  // Rows that pad a group sum nothing.
  if ((GROUP_IN > 0u) & (c >= GROUP_IN)) { end = line; }
  for (; line < end; line++) {
    let sample = line / size.outHeight;
    // Rows before the first wrap around, and so are beyond the last.
    let row = (line - sample * size.outHeight) * size.strideY + i * size.dilationY - size.padTop;
    if (row >= size.height) { continue; }
    let rowAt = (sample * size.height + row) * size.width;
    for (var first = 0u; first < size.outWidth; first += POSITIONS) {
      var d: array<vec4f, POSITIONS>;
      for (var p = 0u; p < POSITIONS; p++) { // unroll
        let at = line * size.outWidth + min(first + p, size.outWidth - 1u);
        d[p] = select(vec4f(0.0), dy[at * size.outChannels4 + column4], size.outWidth > first + p);
      }
      let firstX = i32(first * size.strideX) - i32(size.padLeft);
      for (var segment = 0u; segment < SEGMENTS; segment++) { // unroll
        var values: array<vec4f, SPAN>;
        if (GROUP_IN > 0u) {
          for (var s = 0u; s < SPAN; s++) { // unroll
            values[s] = loadGrouped(rowAt, firstX + i32(segment * size.dilationX + s * SPACING), column4, c);
          }
        } else {
          for (var s = 0u; s < SPAN; s++) { // unroll
            values[s] = loadColumn(rowAt, firstX + i32(segment * size.dilationX + s * SPACING), channel4);
          }
        }
        for (var tap = 0u; tap < TAPS; tap++) { // unroll
          if (LANES == 1u) {
            for (var p = 0u; p < POSITIONS; p++) { // unroll
              sum[segment * TAPS + tap] += values[p * HOP + tap * TAP_HOP] * d[p];
            }
          } else {
            for (var lane = 0u; lane < LANES; lane++) { // unroll
              for (var p = 0u; p < POSITIONS; p++) { // unroll
                sum[(segment * TAPS + tap) * LANES + lane] += values[p * HOP + tap * TAP_HOP][lane] * d[p];
              }
            }
          }
        }
      }
    }
  }

  let firstTap = (split * size.kernelHeight + i) * size.kernelWidth;
  for (var tap = 0u; tap < TAPS; tap++) { // unroll
    for (var segment = 0u; segment < SEGMENTS; segment++) { // unroll
      for (var lane = 0u; lane < LANES; lane++) { // unroll
        let at = ((firstTap + segment * TAPS + tap) * depth + c) * LANES + lane;
        dw[at * size.outChannels4 + column4] = sum[(segment * TAPS + tap) * LANES + lane];
      }
    }
  }
}
