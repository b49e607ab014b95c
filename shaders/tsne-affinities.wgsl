// p[j, i] = (p(j | i) + p(i | j)) / (2 points), in place of the squared distances; 0 of a point to itself, and where there is
// no point. p(j | i) = exp(-beta[i] (d - nearest[i])) / sum[i]. p: [tiles, 4 points4, TILE4] in vec4s, a block of columns
// as in tsne-distances.wgsl; bands: [5, 4 points4], as tsne-bandwidth.wgsl left it.
@group(0) @binding(0) var<storage, read> bands: array<f32>;
@group(0) @binding(1) var<storage, read_write> p: array<vec4f>;
struct TsneAffinities { points: u32, points4: u32, first4: u32, from4: u32, count4: u32 }
@group(1) @binding(0) var<uniform> size: TsneAffinities;
const TILE4 = 8u;
const WORKGROUP = 64u;

fn conditional(distance: f32, point: u32) -> f32 {
  let width = 4u * size.points4;
  return exp(-bands[point] * (distance - bands[2u * width + point])) / bands[width + point];
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let j = index / size.count4;
  if (j >= 4u * size.points4) { return; }
  let i4 = size.from4 + index - j * size.count4;
  let place = (i4 - size.first4) % TILE4;
  let at = (i4 - size.first4 - place) * 4u * size.points4 + j * TILE4 + place;
  let distances = p[at];
  var values = vec4f(0.0);
  for (var lane = 0u; lane < 4u; lane++) { // unroll
    let i = 4u * i4 + lane;
    if (i != j && i < size.points && j < size.points) {
      let both = conditional(distances[lane], i) + conditional(distances[lane], j);
      values[lane] = both / (2.0 * f32(size.points));
    }
  }
  p[at] = values;
}
