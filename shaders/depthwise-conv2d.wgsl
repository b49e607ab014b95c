// y[n, v, u, c] = activation(bias[c] + sum over i, j of x[n, v sy + i dy - top, u sx + j dx - left, c] w[i, j, c])
// x: [rows, height, width, channels4], weight: [kernelHeight, kernelWidth, channels4], bias: [channels4], y: [rows,
// outHeight, outWidth, channels4], in vec4s. A thread owns POSITIONS neighbouring outputs of four channels; neighbouring
// threads have neighbouring channels. No workgroup memory, no barrier.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
// include: lib/conv2d-parameters.wgsl
// include: lib/activation.wgsl
// include: lib/conv2d-span.wgsl

const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let spans = (size.outWidth + POSITIONS - 1u) / POSITIONS;
  let tile = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let place = tile / size.outChannels4;
  let channel = tile % size.outChannels4;
  let outRow = place / spans;
  if (outRow >= size.rows * size.outHeight) { return; }
  let firstOut = (place % spans) * POSITIONS;
  let sample = outRow / size.outHeight;
  let firstY = i32((outRow % size.outHeight) * size.strideY) - i32(size.padTop);
  let firstX = i32(firstOut * size.strideX) - i32(size.padLeft);

  var sum: array<vec4f, POSITIONS>;
  for (var i = 0u; i < size.kernelHeight; i++) {
    let row = firstY + i32(i * size.dilationY);
    if (row < 0 || row >= i32(size.height)) { continue; }
    let rowAt = (sample * size.height + u32(row)) * size.width;
    for (var segment = 0u; segment < SEGMENTS; segment++) { // unroll
      var values: array<vec4f, SPAN>;
      for (var s = 0u; s < SPAN; s++) { // unroll
        values[s] = loadColumn(rowAt, firstX + i32(segment * size.dilationX + s * SPACING), channel);
      }
      for (var tap = 0u; tap < TAPS; tap++) { // unroll
        let w = weight[(i * size.kernelWidth + segment + tap) * size.outChannels4 + channel];
        for (var p = 0u; p < POSITIONS; p++) { // unroll
          sum[p] += values[p * HOP + tap * TAP_HOP] * w;
        }
      }
    }
  }

  var start = vec4f(0.0);
  if (USE_BIAS == 1u) { start = bias[channel]; }
  for (var p = 0u; p < POSITIONS; p++) { // unroll
    if (firstOut + p < size.outWidth) {
      let at = (outRow * size.outWidth + firstOut + p) * size.outChannels4 + channel;
      y[at] = activate(ACTIVATION, sum[p] + start, size.alpha, size.beta);
    }
  }
}
