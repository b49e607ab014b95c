// A product by tiles, for GPUs. A workgroup owns a tile of the result; slabs of a and b, 4 DEPTH4 deep, pass through
// workgroup memory as vec4s: a along its depth, b along its columns. A thread owns ROWS x 4 COLUMNS4 results and reads
// for 4 of depth ROWS + 4 COLUMNS4 vec4s: 16 for 256 multiplications at 8 x 8. The next slab is on its way from memory, to
// registers, while one is computed; with two STAGES a slab costs one barrier, with one STAGE two and half the memory.
//
// Neighbouring threads read neighbouring vec4s of workgroup memory, so no two of a bank. Where they store a, neighbours
// lie along the depth, TILE_ROWS apart: rows are swizzled by the depth, which spreads 8 threads over all banks.
//
// The shader that includes this says what is multiplied: `Place` and `placeOf` (a row of a), `Cursor`, `cursorAt` and
// `advance` (a place along the depth), `loadA`, `startOfB`, `loadB`, `loadBias`, `store`, and the sizes.
//
// Constants depend on each other: LOADS_A = TILE_ROWS DEPTH4 / THREADS and LOADS_B = 4 DEPTH4 TILE_COLUMNS4 / THREADS are
// whole, as are THREADS / DEPTH4, 8 / DEPTH4, TILE_ROWS / 8 and THREADS / TILE_COLUMNS4.
const THREADS_X = 8u;
const THREADS_Y = 8u;
const ROWS = 8u;
const COLUMNS4 = 2u;
const DEPTH4 = 4u;
const STAGES = 1u;
const LOADS_A = 4u;
const LOADS_B = 4u;
const TILE_ROWS = THREADS_Y * ROWS;
const TILE_COLUMNS4 = THREADS_X * COLUMNS4;
const THREADS = THREADS_X * THREADS_Y;
const SWIZZLE = 8u / DEPTH4;

var<workgroup> panelA: array<vec4f, STAGES * DEPTH4 * TILE_ROWS>;
var<workgroup> panelB: array<vec4f, STAGES * DEPTH4 * 4u * TILE_COLUMNS4>;

@compute @workgroup_size(THREADS_X, THREADS_Y)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let rows = rowCount();
  let columns4 = columnCount4();
  let depth4 = depthCount4();
  let across = (columns4 + TILE_COLUMNS4 - 1u) / TILE_COLUMNS4;
  let tiles = (rows + TILE_ROWS - 1u) / TILE_ROWS * across;
  let tile = group.y * groups.x + group.x;
  let batch = tile / tiles;
  if (batch >= batchCount()) { return; }
  let tileRow = (tile % tiles) / across * TILE_ROWS;
  let tileColumn4 = tile % across * TILE_COLUMNS4;

  // What this thread copies of each slab: one place along the depth of LOADS_A rows, one column of LOADS_B depths.
  let copyDepth4 = thread % DEPTH4;
  let copyRow = thread / DEPTH4;
  var places: array<Place, LOADS_A>;
  for (var l = 0u; l < LOADS_A; l++) { // unroll
    places[l] = placeOf(batch, tileRow + copyRow + l * (THREADS / DEPTH4));
  }
  var cursor = cursorAt(copyDepth4);
  var copyDepth = thread / TILE_COLUMNS4;
  let copyColumn4 = min(tileColumn4 + thread % TILE_COLUMNS4, columns4 - 1u);
  var bAt = startOfB(batch) + copyDepth * columns4 + copyColumn4;

  var sum: array<vec4f, ROWS * COLUMNS4>;
  var nextA: array<vec4f, LOADS_A>;
  var nextB: array<vec4f, LOADS_B>;
  var stage = 0u;
  let slabs = (depth4 + DEPTH4 - 1u) / DEPTH4;
  // Round `slab` fetches that slab, computes the one before it, and stores what it fetched.
  for (var slab = 0u; slab <= slabs; slab++) {
    if (slab < slabs) {
      for (var l = 0u; l < LOADS_A; l++) { // unroll
        nextA[l] = loadA(places[l], cursor);
      }
      for (var l = 0u; l < LOADS_B; l++) { // unroll
        nextB[l] = vec4f(0.0);
        if (copyDepth + l * (THREADS / TILE_COLUMNS4) < depth4 * 4u) {
          nextB[l] = loadB(bAt + l * (THREADS / TILE_COLUMNS4) * columns4);
        }
      }
      cursor = advance(cursor);
      copyDepth += DEPTH4 * 4u;
      bAt += DEPTH4 * 4u * columns4;
    }
    if (slab > 0u) {
      for (var d = 0u; d < DEPTH4; d++) { // unroll
        var a: array<vec4f, ROWS>;
        for (var r = 0u; r < ROWS; r++) { // unroll
          a[r] = panelA[(stage * DEPTH4 + d) * TILE_ROWS + ((r * THREADS_Y + local.y) ^ (d * SWIZZLE))];
        }
        for (var lane = 0u; lane < 4u; lane++) { // unroll
          for (var c = 0u; c < COLUMNS4; c++) { // unroll
            let b = panelB[((stage * DEPTH4 + d) * 4u + lane) * TILE_COLUMNS4 + c * THREADS_X + local.x];
            for (var r = 0u; r < ROWS; r++) { // unroll
              sum[r * COLUMNS4 + c] += a[r][lane] * b;
            }
          }
        }
      }
      stage = (stage + 1u) % STAGES;
    }
    if (STAGES == 1u) { workgroupBarrier(); }
    if (slab < slabs) {
      for (var l = 0u; l < LOADS_A; l++) { // unroll
        let row = (copyRow + l * (THREADS / DEPTH4)) ^ (copyDepth4 * SWIZZLE);
        panelA[(stage * DEPTH4 + copyDepth4) * TILE_ROWS + row] = nextA[l];
      }
      for (var l = 0u; l < LOADS_B; l++) { // unroll
        panelB[stage * DEPTH4 * 4u * TILE_COLUMNS4 + thread + l * THREADS] = nextB[l];
      }
    }
    workgroupBarrier();
  }

  for (var c = 0u; c < COLUMNS4; c++) { // unroll
    let column4 = tileColumn4 + c * THREADS_X + local.x;
    if (column4 < columns4) {
      var start = vec4f(0.0);
      if (USE_BIAS == 1u) { start = loadBias(batch, column4); }
      for (var r = 0u; r < ROWS; r++) { // unroll
        let row = tileRow + r * THREADS_Y + local.y;
        if (row < rows) {
          let value = activate(ACTIVATION, sum[r * COLUMNS4 + c] + start, size.alpha, size.beta);
          store(batch * rows + row, column4, value);
        }
      }
    }
  }
}
