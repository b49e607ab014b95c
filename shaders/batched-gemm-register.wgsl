// c[z, m, n] = activation(bias[n] + sum over k, ascending, of a[z, m, k] b[z, k, n]), f32.
// a: [batches, rows, depth4], b: [batches, 4 depth4, columns4], bias: [columns4], c: [batches, rows, columns4], all in vec4s.
// Barrier-free: a thread owns ROWS x 4 COLUMNS4 results and streams the depth through registers; for processors.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;
// include: lib/batched-gemm-parameters.wgsl
// include: lib/activation.wgsl
const ROWS = 8u;
const COLUMNS4 = 4u;
const WORKGROUP = 8u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let columnTiles = (size.columns4 + COLUMNS4 - 1u) / COLUMNS4;
  let rowTiles = (size.rows + ROWS - 1u) / ROWS;
  let tile = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let columnTile = tile % columnTiles;
  let rowTile = (tile / columnTiles) % rowTiles;
  let batch = tile / (columnTiles * rowTiles);
  if (batch >= size.batches) { return; }
  let firstRow = rowTile * ROWS;
  let firstColumn = columnTile * COLUMNS4;

  var aAt: array<u32, ROWS>;
  for (var r = 0u; r < ROWS; r++) { // unroll
    aAt[r] = batch * size.aStride4 + min(firstRow + r, size.rows - 1u) * size.depth4;
  }
  var bAt: array<u32, COLUMNS4>;
  var sum: array<vec4f, ROWS * COLUMNS4>;
  for (var n = 0u; n < COLUMNS4; n++) { // unroll
    let column = min(firstColumn + n, size.columns4 - 1u);
    bAt[n] = batch * size.bStride4 + column;
    var start = vec4f(0.0);
    if (USE_BIAS == 1u) { start = bias[batch * size.biasStride4 + column]; }
    for (var r = 0u; r < ROWS; r++) { // unroll
      sum[r * COLUMNS4 + n] = start;
    }
  }
  for (var k4 = 0u; k4 < size.depth4; k4++) {
    var as4: array<vec4f, ROWS>;
    for (var r = 0u; r < ROWS; r++) { // unroll
      as4[r] = a[aAt[r] + k4];
    }
    for (var k = 0u; k < 4u; k++) { // unroll
      let row = (k4 * 4u + k) * size.columns4;
      for (var n = 0u; n < COLUMNS4; n++) { // unroll
        let weights = b[bAt[n] + row];
        for (var r = 0u; r < ROWS; r++) { // unroll
          sum[r * COLUMNS4 + n] += as4[r][k] * weights;
        }
      }
    }
  }
  for (var r = 0u; r < ROWS; r++) { // unroll
    if (size.rows > firstRow + r) {
      for (var n = 0u; n < COLUMNS4; n++) { // unroll
        if (size.columns4 > firstColumn + n) {
          c[(batch * size.rows + firstRow + r) * size.cStride4 + firstColumn + n] =
            activate(ACTIVATION, sum[r * COLUMNS4 + n], size.alpha, size.beta);
        }
      }
    }
  }
}
