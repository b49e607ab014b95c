// y = activation(A^T m A + bias), tile by tile; POOL = 1: the maximum of each 2 x 2 of it, stride 2, without writing y itself.
// m: [POINTS^2, tiles, channels4]; bias: [channels4]; y: [rows, height, width, channels4], in vec4s; height and width are those of
// the convolution's output, or with POOL of the pooled one.
@group(0) @binding(0) var<storage, read> m: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
struct WinogradOutput {
  firstRow: u32,
  rows: u32,
  height: u32,
  width: u32,
  channels4: u32,
  tilesDown: u32,
  tilesAcross: u32,
  alpha: f32,
  beta: f32,
}
@group(1) @binding(0) var<uniform> size: WinogradOutput;
const USE_BIAS = 0u;
const ACTIVATION = 0u;
const POOL = 0u;
const WORKGROUP = 64u;
// include: activation.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let tile = index / size.channels4;
  let channel = index - tile * size.channels4;
  let tilesOfRow = size.tilesDown * size.tilesAcross;
  let tiles = size.rows * tilesOfRow;
  if (tile >= tiles) { return; }
  let row = tile / tilesOfRow;
  let inRow = tile - row * tilesOfRow;
  let down = inRow / size.tilesAcross;
  let across = inRow - down * size.tilesAcross;
  let stride = tiles * size.channels4;

  var lines: array<OutputLine, POINTS>;
  for (var i = 0u; i < POINTS; i++) { // unroll
    var d: InputLine;
    for (var j = 0u; j < POINTS; j++) { // unroll
      d[j] = m[(i * POINTS + j) * stride + index];
    }
    lines[i] = transformOutput(d);
  }
  var start = vec4f(0.0);
  if (USE_BIAS == 1u) { start = bias[channel]; }
  var outputs: array<OutputLine, TILE>;
  for (var j = 0u; j < TILE; j++) { // unroll
    var d: InputLine;
    for (var i = 0u; i < POINTS; i++) { // unroll
      d[i] = lines[i][j];
    }
    let column = transformOutput(d);
    for (var i = 0u; i < TILE; i++) { // unroll
      outputs[j][i] = activate(ACTIVATION, column[i] + start, size.alpha, size.beta);
    }
  }
  let origin = (size.firstRow + row) * size.height * size.width;
  if (POOL == 1u) {
    for (var i = 0u; i < HALF_TILE; i++) { // unroll
      let top = down * HALF_TILE + i;
      for (var j = 0u; j < HALF_TILE; j++) { // unroll
        let left = across * HALF_TILE + j;
        if ((size.height > top) & (size.width > left)) {
          let most = max(
            max(outputs[2u * j][2u * i], outputs[2u * j][2u * i + 1u]),
            max(outputs[2u * j + 1u][2u * i], outputs[2u * j + 1u][2u * i + 1u]),
          );
          y[(origin + top * size.width + left) * size.channels4 + channel] = most;
        }
      }
    }
  } else {
    for (var i = 0u; i < TILE; i++) { // unroll
      let top = down * TILE + i;
      for (var j = 0u; j < TILE; j++) { // unroll
        let left = across * TILE + j;
        if ((size.height > top) & (size.width > left)) {
          y[(origin + top * size.width + left) * size.channels4 + channel] = outputs[j][i];
        }
      }
    }
  }
}
