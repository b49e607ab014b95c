// d[j, i] = sum over k, ascending, of (x[k, i] - x[k, j])^2: squared distances of all points j to the points i of some
// columns; the same bits as d[i, j]. x: [dims, points4], in vec4s of points; d: [tiles, 4 points4, TILE4] in vec4s, a block of
// columns whose first are the points 4 first4 ..., a tile of them after the other, so that threads side by side read one line
// on. A thread computes 4 x 4 distances, of the columns from4 .. from4 + count4.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> d: array<vec4f>;
struct TsneDistances { dims: u32, points4: u32, first4: u32, from4: u32, count4: u32 }
@group(1) @binding(0) var<uniform> size: TsneDistances;
const TILE4 = 8u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let j4 = index / size.count4;
  if (j4 >= size.points4) { return; }
  let i4 = size.from4 + index - j4 * size.count4;
  var sums = array<vec4f, 4>();
  for (var k = 0u; k < size.dims; k++) {
    let here = x[k * size.points4 + i4];
    let there = x[k * size.points4 + j4];
    for (var row = 0u; row < 4u; row++) { // unroll
      let apart = here - there[row];
      sums[row] += apart * apart;
    }
  }
  let lane = (i4 - size.first4) % TILE4;
  let at = (i4 - size.first4 - lane) * 4u * size.points4 + 4u * j4 * TILE4 + lane;
  for (var row = 0u; row < 4u; row++) { // unroll
    d[at + row * TILE4] = sums[row];
  }
}
