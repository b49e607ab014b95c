// A workgroup owns a tile of c; panels of a and b pass through workgroup memory, DEPTH at a time. A thread owns
// ROWS x 4 COLUMNS4 results. The tile family of every GPU GEMM; sizes after the measurements in docs/kernels.md.
const THREADS_X = 8u;
const THREADS_Y = 8u;
const ROWS = 4u;
const COLUMNS4 = 1u;
const DEPTH = 16u;
const TILE_ROWS = THREADS_Y * ROWS;
const TILE_COLUMNS4 = THREADS_X * COLUMNS4;
const THREADS = THREADS_X * THREADS_Y;

var<workgroup> panelA: array<f32, DEPTH * TILE_ROWS>;
var<workgroup> panelB: array<vec4f, DEPTH * TILE_COLUMNS4>;

@compute @workgroup_size(THREADS_X, THREADS_Y)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let columnTiles = (size.columns + TILE_COLUMNS4 * 4u - 1u) / (TILE_COLUMNS4 * 4u);
  let tile = group.y * groups.x + group.x;
  let tileRow = (tile / columnTiles) * TILE_ROWS;
  let tileColumn = (tile % columnTiles) * TILE_COLUMNS4 * 4u;

  var sum: array<vec4f, ROWS * COLUMNS4>;
  for (var c = 0u; c < COLUMNS4; c++) { // unroll
    let column = tileColumn + (local.x + c * THREADS_X) * 4u;
    var start = vec4f(0.0);
    if (size.useBias == 1u) {
      for (var i = 0u; i < 4u; i++) { start[i] = bias[min(column + i, size.columns - 1u)]; }
    }
    for (var r = 0u; r < ROWS; r++) { // unroll
      sum[r * COLUMNS4 + c] = start;
    }
  }

  for (var first = 0u; first < size.depth; first += DEPTH) {
    // Neighbouring threads read neighbouring addresses along whichever axis of the source is contiguous.
    for (var i = thread; i < TILE_ROWS * DEPTH; i += THREADS) {
      var row = i / DEPTH;
      var k = i % DEPTH;
      if (size.aDepth != 1u) { row = i % TILE_ROWS; k = i / TILE_ROWS; }
      var value = 0.0;
      if (tileRow + row < size.rows && first + k < size.depth) { value = loadA(rowOf(tileRow + row), first + k); }
      panelA[k * TILE_ROWS + row] = value;
    }
    for (var i = thread; i < TILE_COLUMNS4 * DEPTH; i += THREADS) {
      let k = i / TILE_COLUMNS4;
      let column = tileColumn + (i % TILE_COLUMNS4) * 4u;
      var value = vec4f(0.0);
      if (first + k < size.depth) {
        for (var j = 0u; j < 4u; j++) {
          if (column + j < size.columns) { value[j] = b[(first + k) * size.bDepth + (column + j) * size.bColumn]; }
        }
      }
      panelB[i] = value;
    }
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      for (var r = 0u; r < ROWS; r++) { // unroll
        let value = panelA[k * TILE_ROWS + local.y * ROWS + r];
        for (var c = 0u; c < COLUMNS4; c++) { // unroll
          sum[r * COLUMNS4 + c] += value * panelB[k * TILE_COLUMNS4 + local.x + c * THREADS_X];
        }
      }
    }
    workgroupBarrier();
  }

  for (var r = 0u; r < ROWS; r++) { // unroll
    for (var c = 0u; c < COLUMNS4; c++) { // unroll
      storeC(tileRow + local.y * ROWS + r, tileColumn + (local.x + c * THREADS_X) * 4u, sum[r * COLUMNS4 + c]);
    }
  }
}
