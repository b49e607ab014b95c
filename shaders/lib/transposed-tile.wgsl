// A product a^T b by tiles, for GPUs. A workgroup owns a tile of the result over a part of the depth; slabs of a and b,
// DEPTH deep, pass through workgroup memory as they lie in memory: both along their vec4s. A thread owns 4 ROWS4 x 4
// COLUMNS4 results and reads a step ROWS4 + COLUMNS4 vec4s: 4 for 64 multiplications at 8 x 8. The next slab is on its way
// from memory, to registers, while one is computed. Neighbouring threads read and store neighbouring vec4s.
//
// The shader that includes this says what is multiplied: `partCount`, `rowCount4`, `columnCount4`, `depthRange` (of a
// part), `Place` and `placeOf` (a vec4 of rows), `Cursor`, `cursorAt` and `advance` (a place along the depth), `loadA`,
// `startOfB`, `loadB` and `store`.
//
// Constants depend on each other: LOADS_A = DEPTH TILE_ROWS4 / THREADS and LOADS_B = DEPTH TILE_COLUMNS4 / THREADS are whole,
// as are THREADS / TILE_ROWS4 and THREADS / TILE_COLUMNS4.
const THREADS_X = 8u;
const THREADS_Y = 8u;
const ROWS4 = 2u;
const COLUMNS4 = 2u;
const DEPTH = 16u;
const LOADS_A = 4u;
const LOADS_B = 4u;
const TILE_ROWS4 = THREADS_Y * ROWS4;
const TILE_COLUMNS4 = THREADS_X * COLUMNS4;
const THREADS = THREADS_X * THREADS_Y;
// From one depth that a thread copies to the next.
const STEP_A = THREADS / TILE_ROWS4;
const STEP_B = THREADS / TILE_COLUMNS4;

var<workgroup> panelA: array<vec4f, DEPTH * TILE_ROWS4>;
var<workgroup> panelB: array<vec4f, DEPTH * TILE_COLUMNS4>;

@compute @workgroup_size(THREADS_X, THREADS_Y)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let rows4 = rowCount4();
  let columns4 = columnCount4();
  let across = (columns4 + TILE_COLUMNS4 - 1u) / TILE_COLUMNS4;
  let tiles = ((rows4 + TILE_ROWS4 - 1u) / TILE_ROWS4) * across;
  let tile = group.y * groups.x + group.x;
  let part = tile / tiles;
  if (part >= partCount()) { return; }
  let tileRow4 = ((tile % tiles) / across) * TILE_ROWS4;
  let tileColumn4 = (tile % across) * TILE_COLUMNS4;
  let range = depthRange(part);

  // What this thread copies of each slab: LOADS_A depths of one vec4 of rows, LOADS_B of one of columns.
  let place = placeOf(part, min(tileRow4 + thread % TILE_ROWS4, rows4 - 1u));
  var depthA = range.x + thread / TILE_ROWS4;
  var cursors: array<Cursor, LOADS_A>;
  for (var l = 0u; l < LOADS_A; l++) { // unroll
    cursors[l] = cursorAt(depthA + l * STEP_A);
  }
  var depthB = range.x + thread / TILE_COLUMNS4;
  var bAt = startOfB(part) + depthB * columns4 + min(tileColumn4 + thread % TILE_COLUMNS4, columns4 - 1u);

  var sum: array<vec4f, ROWS4 * 4u * COLUMNS4>;
  var nextA: array<vec4f, LOADS_A>;
  var nextB: array<vec4f, LOADS_B>;
  let slabs = (range.y - range.x + DEPTH - 1u) / DEPTH;
  // Round `slab` fetches that slab, computes the one before it, and stores what it fetched.
  for (var slab = 0u; slab <= slabs; slab++) {
    if (slab < slabs) {
      for (var l = 0u; l < LOADS_A; l++) { // unroll
        nextA[l] = vec4f(0.0);
        if (range.y > depthA + l * STEP_A) { nextA[l] = loadA(place, cursors[l]); }
        cursors[l] = advance(cursors[l]);
      }
      for (var l = 0u; l < LOADS_B; l++) { // unroll
        nextB[l] = vec4f(0.0);
        if (range.y > depthB + l * STEP_B) {
          nextB[l] = loadB(bAt + l * STEP_B * columns4);
        }
      }
      depthA += DEPTH;
      depthB += DEPTH;
      bAt += DEPTH * columns4;
    }
    if (slab > 0u) {
      for (var d = 0u; d < DEPTH; d++) {
        var left: array<vec4f, ROWS4>;
        for (var r = 0u; r < ROWS4; r++) { // unroll
          left[r] = panelA[d * TILE_ROWS4 + r * THREADS_Y + local.y];
        }
        for (var n = 0u; n < COLUMNS4; n++) { // unroll
          let right = panelB[d * TILE_COLUMNS4 + n * THREADS_X + local.x];
          for (var r = 0u; r < ROWS4; r++) { // unroll
            for (var lane = 0u; lane < 4u; lane++) { // unroll
              sum[(r * 4u + lane) * COLUMNS4 + n] += left[r][lane] * right;
            }
          }
        }
      }
    }
    workgroupBarrier();
    if (slab < slabs) {
      for (var l = 0u; l < LOADS_A; l++) { // unroll
        panelA[thread + l * THREADS] = nextA[l];
      }
      for (var l = 0u; l < LOADS_B; l++) { // unroll
        panelB[thread + l * THREADS] = nextB[l];
      }
    }
    workgroupBarrier();
  }

  for (var r = 0u; r < ROWS4; r++) { // unroll
    for (var n = 0u; n < COLUMNS4; n++) { // unroll
      let row4 = tileRow4 + r * THREADS_Y + local.y;
      let column4 = tileColumn4 + n * THREADS_X + local.x;
      if ((row4 < rows4) & (column4 < columns4)) {
        for (var lane = 0u; lane < 4u; lane++) { // unroll
          store(part, row4 * 4u + lane, column4, sum[(r * 4u + lane) * COLUMNS4 + n]);
        }
      }
    }
  }
}
