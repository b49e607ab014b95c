// dw[s, i, j, c, o] = sum over samples n and outputs v, u of split s, ascending, of x[n, v sy + i dy - top, u sx + j dx -
// left, c] g[n, v, u, o], groups = 1. x: [rows, height, width, inChannels4], g (`dy`): [rows, outHeight, outWidth,
// outChannels4], dw: [splits, kernelHeight, kernelWidth, 4 inChannels4, outChannels4], all in vec4s.
// Barrier-free, for processors: a thread owns TAPS neighbouring columns of the kernel, CHANNELS4 input and COLUMNS4 output
// channels, and walks along rows of the output. Where stride and dilation are equal, what tap j + 1 reads for an output is
// what tap j reads for the next: LOADED = 1 of the columns is loaded a step, the others move up.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dw: array<vec4f>;
// include: lib/conv2d-filter-gradient-parameters.wgsl
const TAPS = 3u;
const LOADED = 1u;
const CHANNELS4 = 1u;
const COLUMNS4 = 4u;
const WORKGROUP = 8u;

// Four channels of x; 0 in the padding. Columns before the first wrap around, beyond the last: no branch.
fn load(lineAt: u32, column: u32, channel4: u32) -> vec4f {
  let at = lineAt + min(column, size.width - 1u) * size.inChannels4 + channel4;
  return select(vec4f(0.0), x[at], column < size.width);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let columnTiles = (size.outChannels4 + COLUMNS4 - 1u) / COLUMNS4;
  let channelTiles = (size.inChannels4 + CHANNELS4 - 1u) / CHANNELS4;
  let tapTiles = (size.kernelWidth + TAPS - 1u) / TAPS;
  // Neighbouring threads share a row of the kernel, and so the rows of x that lie in the padding.
  var tile = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let firstColumn4 = (tile % columnTiles) * COLUMNS4;
  tile /= columnTiles;
  let firstChannel4 = (tile % channelTiles) * CHANNELS4;
  tile /= channelTiles;
  let firstTap = (tile % tapTiles) * TAPS;
  tile /= tapTiles;
  let ky = tile % size.kernelHeight;
  let split = tile / size.kernelHeight;
  if (split >= size.splits) { return; }

  var channel4: array<u32, CHANNELS4>;
  for (var i = 0u; i < CHANNELS4; i++) { // unroll
    channel4[i] = min(firstChannel4 + i, size.inChannels4 - 1u);
  }
  var column4: array<u32, COLUMNS4>;
  for (var n = 0u; n < COLUMNS4; n++) { // unroll
    column4[n] = min(firstColumn4 + n, size.outChannels4 - 1u);
  }
  var sum: array<vec4f, TAPS * CHANNELS4 * 4u * COLUMNS4>;
  let top = ky * size.dilationY - size.padTop;
  let left = firstTap * size.dilationX - size.padLeft;
  // Lines are rows of the output, of all samples.
  let lines = size.rows * size.outHeight;
  let begin = min(split * size.splitLines, lines);
  let end = min(begin + size.splitLines, lines);
  var sample = begin / size.outHeight;
  var outRow = begin - sample * size.outHeight;
  for (var line = begin; line < end; line++) {
    let row = outRow * size.strideY + top;
    if (row < size.height) {
      let lineAt = (sample * size.height + row) * size.width * size.inChannels4;
      var column = left;
      var window: array<vec4f, TAPS * CHANNELS4>;
      if (LOADED < TAPS) {
        for (var t = 0u; t < TAPS; t++) { // unroll
          for (var i = 0u; i < CHANNELS4; i++) { // unroll
            window[t * CHANNELS4 + i] = load(lineAt, column + t * size.dilationX - size.strideX, channel4[i]);
          }
        }
      }
      var dyAt = line * size.outWidth * size.outChannels4;
      let dyEnd = dyAt + size.outWidth * size.outChannels4;
      for (; dyAt < dyEnd; dyAt += size.outChannels4) {
        for (var t = 0u; t < TAPS; t++) { // unroll
          for (var i = 0u; i < CHANNELS4; i++) { // unroll
            window[t * CHANNELS4 + i] = window[min(t + 1u, TAPS - 1u) * CHANNELS4 + i];
          }
        }
        for (var l = 0u; l < LOADED; l++) { // unroll
          for (var i = 0u; i < CHANNELS4; i++) { // unroll
            window[(TAPS - 1u - l) * CHANNELS4 + i] = load(lineAt, column + (TAPS - 1u - l) * size.dilationX, channel4[i]);
          }
        }
        for (var n = 0u; n < COLUMNS4; n++) { // unroll
          let right = dy[dyAt + column4[n]];
          for (var t = 0u; t < TAPS; t++) { // unroll
            for (var i = 0u; i < CHANNELS4; i++) { // unroll
              for (var lane = 0u; lane < 4u; lane++) { // unroll
                sum[((t * CHANNELS4 + i) * 4u + lane) * COLUMNS4 + n] += window[t * CHANNELS4 + i][lane] * right;
              }
            }
          }
        }
        column += size.strideX;
      }
    }
    outRow += 1u;
    if (outRow == size.outHeight) {
      outRow = 0u;
      sample += 1u;
    }
  }
  for (var t = 0u; t < TAPS; t++) { // unroll
    if (size.kernelWidth > firstTap + t) {
      let tap = (split * size.kernelHeight + ky) * size.kernelWidth + firstTap + t;
      for (var i = 0u; i < CHANNELS4; i++) { // unroll
        for (var n = 0u; n < COLUMNS4; n++) { // unroll
          if ((size.inChannels4 > firstChannel4 + i) & (size.outChannels4 > firstColumn4 + n)) {
            let at = (tap * size.inChannels4 + firstChannel4 + i) * 4u * size.outChannels4 + firstColumn4 + n;
            for (var lane = 0u; lane < 4u; lane++) { // unroll
              dw[at + lane * size.outChannels4] = sum[((t * CHANNELS4 + i) * 4u + lane) * COLUMNS4 + n];
            }
          }
        }
      }
    }
  }
}
