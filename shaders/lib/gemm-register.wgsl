// A thread owns ROWS x 4 COLUMNS4 results and streams the depth through registers: no workgroup memory, no barrier.
const ROWS = 4u;
const COLUMNS4 = 2u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let columnTiles = (size.columns + COLUMNS4 * 4u - 1u) / (COLUMNS4 * 4u);
  let tile = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let firstRow = (tile / columnTiles) * ROWS;
  let firstColumn = (tile % columnTiles) * COLUMNS4 * 4u;
  if (firstRow >= size.rows) { return; }

  var aAt: array<u32, ROWS>;
  for (var r = 0u; r < ROWS; r++) { // unroll
    aAt[r] = rowOf(min(firstRow + r, size.rows - 1u));
  }
  var bAt: array<vec4u, COLUMNS4>;
  var sum: array<vec4f, ROWS * COLUMNS4>;
  for (var c = 0u; c < COLUMNS4; c++) { // unroll
    let column = min(vec4u(firstColumn + c * 4u) + vec4u(0u, 1u, 2u, 3u), vec4u(size.columns - 1u));
    bAt[c] = column * size.bColumn;
    var start = vec4f(0.0);
    if (size.useBias == 1u) { start = vec4f(bias[column.x], bias[column.y], bias[column.z], bias[column.w]); }
    for (var r = 0u; r < ROWS; r++) { // unroll
      sum[r * COLUMNS4 + c] = start;
    }
  }
  for (var k = 0u; k < size.depth; k++) {
    var bs: array<vec4f, COLUMNS4>;
    for (var c = 0u; c < COLUMNS4; c++) { // unroll
      let at = k * size.bDepth + bAt[c];
      bs[c] = vec4f(b[at.x], b[at.y], b[at.z], b[at.w]);
    }
    for (var r = 0u; r < ROWS; r++) { // unroll
      let value = loadA(aAt[r], k);
      for (var c = 0u; c < COLUMNS4; c++) { // unroll
        sum[r * COLUMNS4 + c] += value * bs[c];
      }
    }
  }
  for (var r = 0u; r < ROWS; r++) { // unroll
    for (var c = 0u; c < COLUMNS4; c++) { // unroll
      storeC(firstRow + r, firstColumn + c * 4u, sum[r * COLUMNS4 + c]);
    }
  }
}
