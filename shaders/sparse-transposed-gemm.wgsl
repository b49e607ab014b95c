// c[z, k, n] = background total[z, n] + sum over m, ascending, of (x[z, m, k] - background) b[z, m, n], f32: the weight gradient
// of a product whose left side is mostly one number, where m goes over the rows of x that differ from it in a square of 4
// vectors; total[z, n] is the sum over all rows of b[z, m, n]. x: [groups, rows, vectors], b: [batches, rows, columns4],
// total: [batches, columns4], c: [batches, 4 vectors, columns4], in vec4s, batches of c weightStride4 apart;
// occupied: [groups, squares, ceil(rows / 32)] bits.
// Barrier-free: a thread owns 16 x 4 COLUMNS4 results; for processors.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> occupied: array<u32>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> total: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>;
// include: lib/sparse-parameters.wgsl
const COLUMNS4 = 5u;
const WORKGROUP = 8u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let columnTiles = (size.columns4 + COLUMNS4 - 1u) / COLUMNS4;
  let squares = (size.vectors + 3u) / 4u;
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let line = index / SIDE;
  let eighth = line / (squares * columnTiles);
  let batch = eighth * SIDE + index % SIDE;
  if (batch >= size.batches) { return; }
  let tile = line - eighth * squares * columnTiles;
  let square = tile / columnTiles;
  let columnTile = tile - square * columnTiles;
  let network = min(batch, size.groups - 1u);
  let firstColumn = columnTile * COLUMNS4;
  let firstVector = square + square / size.line4 * size.line4 * 3u;

  var column: array<u32, COLUMNS4>;
  var sum: array<vec4f, 16u * COLUMNS4>;
  for (var n = 0u; n < COLUMNS4; n++) { // unroll
    column[n] = min(firstColumn + n, size.columns4 - 1u);
    let begin = size.background * total[batch * size.columns4 + column[n]];
    for (var k = 0u; k < 16u; k++) { // unroll
      sum[k * COLUMNS4 + n] = begin;
    }
  }
  let words = (size.rows + 31u) / 32u;
  let bitsAt = (network * squares + square) * words;
  let xAt = network * size.rows * size.vectors;
  let bAt = batch * size.rows * size.columns4;
  for (var word = 0u; word < words; word++) {
    var bits = occupied[bitsAt + word];
    let count = countOneBits(bits);
    for (var i = 0u; i < count; i++) {
      let m = word * 32u + countTrailingZeros(bits);
      bits = bits & (bits - 1u);
      var left: array<vec4f, 4>;
      for (var s = 0u; s < 4u; s++) { // unroll
        left[s] = x[xAt + m * size.vectors + min(firstVector + s * size.line4, size.vectors - 1u)] - size.background;
      }
      for (var n = 0u; n < COLUMNS4; n++) { // unroll
        let right = b[bAt + m * size.columns4 + column[n]];
        for (var s = 0u; s < 4u; s++) { // unroll
          for (var lane = 0u; lane < 4u; lane++) { // unroll
            sum[(s * 4u + lane) * COLUMNS4 + n] += left[s][lane] * right;
          }
        }
      }
    }
  }
  for (var s = 0u; s < 4u; s++) { // unroll
    let vector = firstVector + s * size.line4;
    for (var n = 0u; n < COLUMNS4; n++) { // unroll
      if ((size.vectors > vector) & (size.columns4 > firstColumn + n)) {
        for (var lane = 0u; lane < 4u; lane++) { // unroll
          c[batch * size.weightStride4 + (vector * 4u + lane) * size.columns4 + firstColumn + n] =
            sum[(s * 4u + lane) * COLUMNS4 + n];
        }
      }
    }
  }
}
