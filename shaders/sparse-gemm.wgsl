// c[z, m, n] = activation(start[z, n] + sum over k, ascending, of (x[z, m, k] - background) w[z, k, n]), f32: a product whose
// left side is mostly one number, where k goes over the vectors of x at which one of ROWS rows differs from it.
// x: [groups, rows, vectors], w: [batches, 4 vectors, columns4], start: [batches, columns4] (see `sparse-start`), in vec4s;
// occupied: [groups, stretches, ceil(vectors / 32)] bits.
// Barrier-free: a thread owns ROWS x 4 COLUMNS4 results; for processors.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> occupied: array<u32>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read> start: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>;
// include: lib/sparse-parameters.wgsl
// include: lib/activation.wgsl
const ACTIVATION = 0u;
const ROWS = 16u;
const COLUMNS4 = 5u;
const WORKGROUP = 8u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let columnTiles = (size.columns4 + COLUMNS4 - 1u) / COLUMNS4;
  let rowTiles = (size.rows + ROWS - 1u) / ROWS;
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let line = index / SIDE;
  let eighth = line / (rowTiles * columnTiles);
  let batch = eighth * SIDE + index % SIDE;
  if (batch >= size.batches) { return; }
  let tile = line - eighth * rowTiles * columnTiles;
  let rowTile = tile / columnTiles;
  let columnTile = tile - rowTile * columnTiles;
  let network = min(batch, size.groups - 1u);
  let firstRow = rowTile * ROWS;
  let firstColumn = columnTile * COLUMNS4;

  var xAt: array<u32, ROWS>;
  for (var r = 0u; r < ROWS; r++) { // unroll
    xAt[r] = (network * size.rows + min(firstRow + r, size.rows - 1u)) * size.vectors;
  }
  var wAt: array<u32, COLUMNS4>;
  var sum: array<vec4f, ROWS * COLUMNS4>;
  for (var n = 0u; n < COLUMNS4; n++) { // unroll
    let column = min(firstColumn + n, size.columns4 - 1u);
    wAt[n] = batch * size.weightStride4 + column;
    let begin = start[batch * size.columns4 + column];
    for (var r = 0u; r < ROWS; r++) { // unroll
      sum[r * COLUMNS4 + n] = begin;
    }
  }
  let words = (size.vectors + 31u) / 32u;
  let bitsAt = (network * rowTiles + rowTile) * words;
  for (var word = 0u; word < words; word++) {
    var bits = occupied[bitsAt + word];
    let count = countOneBits(bits);
    for (var i = 0u; i < count; i++) {
      let k4 = word * 32u + countTrailingZeros(bits);
      bits = bits & (bits - 1u);
      var left: array<vec4f, ROWS>;
      for (var r = 0u; r < ROWS; r++) { // unroll
        left[r] = x[xAt[r] + k4] - size.background;
      }
      for (var k = 0u; k < 4u; k++) { // unroll
        let row = (k4 * 4u + k) * size.columns4;
        for (var n = 0u; n < COLUMNS4; n++) { // unroll
          let weights = w[wAt[n] + row];
          for (var r = 0u; r < ROWS; r++) { // unroll
            sum[r * COLUMNS4 + n] += left[r][k] * weights;
          }
        }
      }
    }
  }
  for (var r = 0u; r < ROWS; r++) { // unroll
    if (size.rows > firstRow + r) {
      for (var n = 0u; n < COLUMNS4; n++) { // unroll
        if (size.columns4 > firstColumn + n) {
          c[(batch * size.rows + firstRow + r) * size.columns4 + firstColumn + n] =
            activate(ACTIVATION, sum[r * COLUMNS4 + n], size.alpha, size.beta);
        }
      }
    }
  }
}
