// y[n, v, u, o] = activation(bias[o] + sum over i, j, c of x[n, v sy + i dy - top, u sx + j dx - left, c] w[i, j, c, o])
// x: [rows, height, width, inChannels4], weight: [kernelHeight, kernelWidth, 4 depth4, outChannels4], bias:
// [outChannels4], y: [rows, outHeight, outWidth, outChannels4], in vec4s; depth4: vec4s of one group's input channels.
// A thread owns POSITIONS neighbouring outputs x 4 COLUMNS4 channels. No workgroup memory, no barrier.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
// include: lib/conv2d-parameters.wgsl
// include: lib/activation.wgsl
// include: lib/conv2d-span.wgsl
// include: lib/conv2d-groups.wgsl

const COLUMNS4 = 2u;
// Input channels computed of each vec4: fewer than 4 where a group has fewer, as colour images do.
const LANES = 4u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  // Whole vec4s to a group, or all groups taken as one.
  let groupCount = select(GROUPS, 1u, GROUP_IN > 0u);
  let wide = size.outChannels4 / groupCount;
  let columnTiles = (wide + COLUMNS4 - 1u) / COLUMNS4;
  let spans = (size.outWidth + POSITIONS - 1u) / POSITIONS;
  let tile = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let place = tile / (columnTiles * groupCount);
  let outRow = place / spans;
  if (outRow >= size.rows * size.outHeight) { return; }
  let firstOut = (place % spans) * POSITIONS;
  let own = (tile % (columnTiles * groupCount)) / columnTiles;
  let inner = tile % columnTiles;
  let sample = outRow / size.outHeight;
  let firstY = i32((outRow % size.outHeight) * size.strideY) - i32(size.padTop);
  let firstX = i32(firstOut * size.strideX) - i32(size.padLeft);

  var column: array<u32, COLUMNS4>;
  for (var k = 0u; k < COLUMNS4; k++) { // unroll
    column[k] = own * wide + min(inner + k * columnTiles, wide - 1u);
  }
  var sum: array<vec4f, POSITIONS * COLUMNS4>;
  for (var i = 0u; i < size.kernelHeight; i++) {
    let row = firstY + i32(i * size.dilationY);
    if (row < 0 || row >= i32(size.height)) { continue; }
    let rowAt = (sample * size.height + u32(row)) * size.width;
    if (GROUP_IN > 0u) {
      let depth = (GROUP_IN + 3u) / 4u * 4u;
      for (var j = 0u; j < size.kernelWidth; j++) {
        for (var c = 0u; c < GROUP_IN; c++) {
          let weightAt = ((i * size.kernelWidth + j) * depth + c) * size.outChannels4;
          for (var k = 0u; k < COLUMNS4; k++) { // unroll
            let w = weight[weightAt + column[k]];
            for (var p = 0u; p < POSITIONS; p++) { // unroll
              let inColumn = firstX + i32(p * size.strideX + j * size.dilationX);
              sum[p * COLUMNS4 + k] += loadGrouped(rowAt, inColumn, column[k], c) * w;
            }
          }
        }
      }
      continue;
    }
    let depth4 = size.inChannels4 / GROUPS;
    for (var c = 0u; c < depth4; c++) {
      for (var segment = 0u; segment < SEGMENTS; segment++) { // unroll
        var values: array<vec4f, SPAN>;
        for (var s = 0u; s < SPAN; s++) { // unroll
          let inColumn = firstX + i32(segment * size.dilationX + s * SPACING);
          values[s] = loadColumn(rowAt, inColumn, own * depth4 + c);
        }
        for (var tap = 0u; tap < TAPS; tap++) { // unroll
          let weightRow = ((i * size.kernelWidth + segment + tap) * depth4 + c) * 4u;
          for (var lane = 0u; lane < LANES; lane++) { // unroll
            for (var k = 0u; k < COLUMNS4; k++) { // unroll
              let w = weight[(weightRow + lane) * size.outChannels4 + column[k]];
              for (var p = 0u; p < POSITIONS; p++) { // unroll
                sum[p * COLUMNS4 + k] += values[p * HOP + tap * TAP_HOP][lane] * w;
              }
            }
          }
        }
      }
    }
  }

  for (var k = 0u; k < COLUMNS4; k++) { // unroll
    if (inner + k * columnTiles < wide) {
      var start = vec4f(0.0);
      if (USE_BIAS == 1u) { start = bias[column[k]]; }
      for (var p = 0u; p < POSITIONS; p++) { // unroll
        if (firstOut + p < size.outWidth) {
          let at = (outRow * size.outWidth + firstOut + p) * size.outChannels4 + column[k];
          y[at] = activate(ACTIVATION, sum[p * COLUMNS4 + k] + start, size.alpha, size.beta);
        }
      }
    }
  }
}
