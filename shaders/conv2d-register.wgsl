// y[r, p, o] = activation(bias[o] + sum over taps t and channels c, ascending, of x[r, at(p, t), c] weight[t, c, o]), groups = 1:
// the implicit matrix product, its rows being the output positions of all samples. weight: [taps, 4 inChannels4,
// outChannels4] in vec4s. Barrier-free: a thread owns POSITIONS x 4 CHANNELS4 results; for processors.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
// include: lib/conv2d-parameters.wgsl
// include: lib/activation.wgsl
const POSITIONS = 8u;
const CHANNELS4 = 4u;
const WORKGROUP = 8u;
// A place in x that no position has.
const OUTSIDE = 0xffffffffu;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let channelTiles = (size.outChannels4 + CHANNELS4 - 1u) / CHANNELS4;
  let tile = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let first = (tile / channelTiles) * POSITIONS;
  let firstChannel = (tile % channelTiles) * CHANNELS4;
  let outputs = size.outHeight * size.outWidth;
  let all = size.rows * outputs;
  if (first >= all) { return; }

  // Places before the first wrap around and so are beyond the last: one comparison an axis, and no branches.
  var top: array<u32, POSITIONS>;
  var left: array<u32, POSITIONS>;
  var origin: array<u32, POSITIONS>;
  for (var p = 0u; p < POSITIONS; p++) { // unroll
    let at = min(first + p, all - 1u);
    let row = at / outputs;
    let inRow = at - row * outputs;
    let down = inRow / size.outWidth;
    top[p] = down * size.strideY - size.padTop;
    left[p] = (inRow - down * size.outWidth) * size.strideX - size.padLeft;
    origin[p] = row * size.height * size.width;
  }
  var channel: array<u32, CHANNELS4>;
  var sum: array<vec4f, POSITIONS * CHANNELS4>;
  for (var n = 0u; n < CHANNELS4; n++) { // unroll
    channel[n] = min(firstChannel + n, size.outChannels4 - 1u);
    var start = vec4f(0.0);
    if (USE_BIAS == 1u) { start = bias[channel[n]]; }
    for (var p = 0u; p < POSITIONS; p++) { // unroll
      sum[p * CHANNELS4 + n] = start;
    }
  }
  for (var tap = 0u; tap < size.kernelHeight * size.kernelWidth; tap++) {
    let ky = tap / size.kernelWidth;
    let kx = tap - ky * size.kernelWidth;
    var at: array<u32, POSITIONS>;
    for (var p = 0u; p < POSITIONS; p++) { // unroll
      let down = top[p] + ky * size.dilationY;
      let across = left[p] + kx * size.dilationX;
      let isInside = (down < size.height) & (across < size.width);
      at[p] = select(OUTSIDE, (origin[p] + down * size.width + across) * size.inChannels4, isInside);
    }
    for (var c4 = 0u; c4 < size.inChannels4; c4++) {
      var values: array<vec4f, POSITIONS>;
      for (var p = 0u; p < POSITIONS; p++) { // unroll
        values[p] = select(x[at[p] + c4], vec4f(0.0), at[p] == OUTSIDE);
      }
      for (var k = 0u; k < 4u; k++) { // unroll
        let row = ((tap * size.inChannels4 + c4) * 4u + k) * size.outChannels4;
        for (var n = 0u; n < CHANNELS4; n++) { // unroll
          let weights = weight[row + channel[n]];
          for (var p = 0u; p < POSITIONS; p++) { // unroll
            sum[p * CHANNELS4 + n] += values[p][k] * weights;
          }
        }
      }
    }
  }
  for (var p = 0u; p < POSITIONS; p++) { // unroll
    if (all > first + p) {
      for (var n = 0u; n < CHANNELS4; n++) { // unroll
        if (size.outChannels4 > firstChannel + n) {
          y[(first + p) * size.outChannels4 + firstChannel + n] =
            activate(ACTIVATION, sum[p * CHANNELS4 + n], size.alpha, size.beta);
        }
      }
    }
  }
}
