// c[s, z, m, n] = sum over k of split s, ascending, of a[z, k, m] b[z, k, n], f32: what weights that multiplied a gain of b.
// a: [batches, depth, rows4], b: [batches, depth, columns4], c: [splits, batches, 4 rows4, columns4], all in vec4s.
// Barrier-free: a thread owns 4 ROWS4 x 4 COLUMNS4 results and reads ROWS4 + COLUMNS4 vec4s a step; for processors.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4f>;
// include: lib/transposed-gemm-parameters.wgsl
const ROWS4 = 2u;
const COLUMNS4 = 4u;
const WORKGROUP = 8u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let columnTiles = (size.columns4 + COLUMNS4 - 1u) / COLUMNS4;
  let rowTiles = (size.rows4 + ROWS4 - 1u) / ROWS4;
  let tile = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let part = tile / (columnTiles * rowTiles);
  if (part >= size.splits * size.batches) { return; }
  let split = part / size.batches;
  let batch = part - split * size.batches;
  let firstRow4 = ((tile / columnTiles) % rowTiles) * ROWS4;
  let firstColumn4 = (tile % columnTiles) * COLUMNS4;
  let begin = min(split * size.splitDepth, size.depth);
  let end = min(begin + size.splitDepth, size.depth);

  var row4: array<u32, ROWS4>;
  for (var r = 0u; r < ROWS4; r++) { // unroll
    row4[r] = min(firstRow4 + r, size.rows4 - 1u);
  }
  var column4: array<u32, COLUMNS4>;
  for (var n = 0u; n < COLUMNS4; n++) { // unroll
    column4[n] = min(firstColumn4 + n, size.columns4 - 1u);
  }
  var sum: array<vec4f, ROWS4 * 4u * COLUMNS4>;
  var aAt = batch * size.aStride4 + begin * size.rows4;
  var bAt = batch * size.bStride4 + begin * size.columns4;
  for (var k = begin; k < end; k++) {
    var left: array<vec4f, ROWS4>;
    for (var r = 0u; r < ROWS4; r++) { // unroll
      left[r] = a[aAt + row4[r]];
    }
    for (var n = 0u; n < COLUMNS4; n++) { // unroll
      let right = b[bAt + column4[n]];
      for (var r = 0u; r < ROWS4; r++) { // unroll
        for (var lane = 0u; lane < 4u; lane++) { // unroll
          sum[(r * 4u + lane) * COLUMNS4 + n] += left[r][lane] * right;
        }
      }
    }
    aAt += size.rows4;
    bAt += size.columns4;
  }
  let cAt = part * size.cStride4;
  for (var r = 0u; r < ROWS4; r++) { // unroll
    for (var n = 0u; n < COLUMNS4; n++) { // unroll
      if ((size.rows4 > firstRow4 + r) & (size.columns4 > firstColumn4 + n)) {
        for (var lane = 0u; lane < 4u; lane++) { // unroll
          c[cAt + ((firstRow4 + r) * 4u + lane) * size.columns4 + firstColumn4 + n] = sum[(r * 4u + lane) * COLUMNS4 + n];
        }
      }
    }
  }
}
