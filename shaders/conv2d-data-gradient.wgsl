// dx[n, v, u, c] = sum over i, j, o of dy[n, (v + top - i dy) / sy, (u + left - j dx) / sx, o] w[i, j, c, o], over the taps
// where both quotients are whole and lie within dy. dy: [rows, outHeight, outWidth, outChannels4], weight as the forward
// convolution has it: [kernelHeight, kernelWidth, 4 depth4, outChannels4], depthwise [kernelHeight, kernelWidth,
// outChannels4], dx: [rows, height, width, inChannels4], in vec4s; depth4: vec4s of one group's input channels.
// A thread owns POSITIONS columns of a row, strideX apart, x 4 channels: the same taps reach all of them, and neighbours in
// dy through each. No workgroup memory, no barrier.
@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
// include: lib/conv2d-parameters.wgsl

const POSITIONS = 4u;
const GROUPS = 1u;
// Channels of a group where they are not whole vec4s; 0: they are.
const GROUP_IN = 0u;
const GROUP_OUT = 0u;
const DEPTHWISE = 0u;
const WORKGROUP = 64u;

// Four channels of column `column` of the row of dy that begins at position `rowAt`; 0 beyond the edges. Columns before
// the first wrap around, and so are beyond the last.
fn loadOut(rowAt: u32, column: u32, channel4: u32) -> vec4f {
  let at = rowAt + min(column, size.outWidth - 1u);
  return select(vec4f(0.0), dy[at * size.outChannels4 + channel4], column < size.outWidth);
}

// The output channel that the lanes of four input channels read at place `o` of their groups.
fn outChannels(channel4: u32, o: u32) -> vec4u {
  var channels: vec4u;
  for (var lane = 0u; lane < 4u; lane++) { // unroll
    let own = min((channel4 * 4u + lane) / max(GROUP_IN, 1u), GROUPS - 1u);
    channels[lane] = own * GROUP_OUT + o;
  }
  return channels;
}

// The weights of tap `tap` between those channels; 0 in the padding.
fn loadWeights(tap: u32, channel4: u32, channels: vec4u) -> vec4f {
  let depth = (GROUP_IN + 3u) / 4u * 4u;
  var w: vec4f;
  for (var lane = 0u; lane < 4u; lane++) { // unroll
    let channel = channel4 * 4u + lane;
    let row = tap * depth + channel % max(GROUP_IN, 1u);
    let value = weight[row * size.outChannels4 + channels[lane] / 4u][channels[lane] % 4u];
    w[lane] = select(0.0, value, GROUPS * GROUP_IN > channel);
  }
  return w;
}

// loadOut for one channel a lane.
fn loadEach(rowAt: u32, column: u32, channels: vec4u) -> vec4f {
  let at = (rowAt + min(column, size.outWidth - 1u)) * size.outChannels4;
  var value: vec4f;
  for (var lane = 0u; lane < 4u; lane++) { // unroll
    value[lane] = dy[at + channels[lane] / 4u][channels[lane] % 4u];
  }
  return select(vec4f(0.0), value, column < size.outWidth);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let phases = min(size.strideX, size.width);
  let apart = size.strideX * POSITIONS;
  let spans = phases * ((size.width + apart - 1u) / apart);
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let place = index / size.inChannels4;
  let channel = index - place * size.inChannels4;
  let row = place / spans;
  if (row >= size.rows * size.height) { return; }
  let span = place - row * spans;
  let firstColumn = span / phases * apart + span % phases;
  let sample = row / size.height;
  let depth4 = size.inChannels4 / GROUPS;
  let wide4 = size.outChannels4 / GROUPS;
  let own = channel / max(depth4, 1u);

  // The output that reads this row, or column, through a tap, and what is left of the division: one tap further is
  // dilation places before, found without another division.
  let stepY = size.dilationY / size.strideY;
  let stepRestY = size.dilationY - stepY * size.strideY;
  let stepX = size.dilationX / size.strideX;
  let stepRestX = size.dilationX - stepX * size.strideX;
  let placeY = row - sample * size.height + size.padTop;
  var outRow = placeY / size.strideY;
  var restY = placeY - outRow * size.strideY;
  let firstOut = (firstColumn + size.padLeft) / size.strideX;
  let firstRest = firstColumn + size.padLeft - firstOut * size.strideX;

  var sum: array<vec4f, POSITIONS>;
  for (var i = 0u; i < size.kernelHeight; i++) {
    if ((restY == 0u) & (outRow < size.outHeight)) {
      let rowAt = (sample * size.outHeight + outRow) * size.outWidth;
      var column = firstOut;
      var restX = firstRest;
      for (var j = 0u; j < size.kernelWidth; j++) {
        if (restX == 0u) {
          let tap = i * size.kernelWidth + j;
          if (DEPTHWISE == 1u) {
            let w = weight[tap * size.outChannels4 + channel];
            for (var p = 0u; p < POSITIONS; p++) { // unroll
              sum[p] += w * loadOut(rowAt, column + p, channel);
            }
          } else if (GROUP_IN > 0u) {
            for (var o = 0u; o < GROUP_OUT; o++) {
              let channels = outChannels(channel, o);
              let w = loadWeights(tap, channel, channels);
              for (var p = 0u; p < POSITIONS; p++) { // unroll
                sum[p] += w * loadEach(rowAt, column + p, channels);
              }
            }
          } else {
            let first = (tap * depth4 + channel - own * depth4) * 4u * size.outChannels4 + own * wide4;
            for (var o = 0u; o < wide4; o++) {
              let at = first + o;
              let w0 = weight[at];
              let w1 = weight[at + size.outChannels4];
              let w2 = weight[at + 2u * size.outChannels4];
              let w3 = weight[at + 3u * size.outChannels4];
              for (var p = 0u; p < POSITIONS; p++) { // unroll
                let d = loadOut(rowAt, column + p, own * wide4 + o);
                sum[p] += vec4f(dot(w0, d), dot(w1, d), dot(w2, d), dot(w3, d));
              }
            }
          }
        }
        let borrow = select(0u, 1u, restX < stepRestX);
        column -= stepX + borrow;
        restX += borrow * size.strideX - stepRestX;
      }
    }
    let borrow = select(0u, 1u, restY < stepRestY);
    outRow -= stepY + borrow;
    restY += borrow * size.strideY - stepRestY;
  }

  for (var p = 0u; p < POSITIONS; p++) { // unroll
    let column = firstColumn + p * size.strideX;
    if (column < size.width) {
      dx[(row * size.width + column) * size.inChannels4 + channel] = sum[p];
    }
  }
}
