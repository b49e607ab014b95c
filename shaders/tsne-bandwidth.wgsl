// One step of the search for beta[i], at which p(j | i) = exp(-beta d[j, i]) / sum has the entropy wanted, the logarithm of
// the perplexity (van der Maaten and Hinton 2008): doubled from 1, or halved, until the bounds are known, then their middle.
// The distance to the nearest point is taken off all, which changes no p and keeps the sum at 1 or more. d: as in
// tsne-distances.wgsl; bands: [5, points4] in vec4s of points: beta, sum of exp, distance of the nearest, lower and upper
// bound; 0 is no upper bound. FIRST = 1: finds the nearest, whatever bands holds. A thread: 4 points of the columns.
@group(0) @binding(0) var<storage, read> d: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> bands: array<vec4f>;
struct TsneBandwidth { points: u32, points4: u32, first4: u32, from4: u32, count4: u32, entropy: f32 }
@group(1) @binding(0) var<uniform> size: TsneBandwidth;
const TILE4 = 8u;
const FIRST = 0u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (index >= size.count4) { return; }
  let i4 = size.from4 + index;
  let lane = (i4 - size.first4) % TILE4;
  let column = (i4 - size.first4 - lane) * 4u * size.points4 + lane;
  let own = vec4u(4u * i4) + vec4u(0u, 1u, 2u, 3u);
  var nearest = bands[2u * size.points4 + i4];
  var low = bands[3u * size.points4 + i4];
  var high = bands[4u * size.points4 + i4];
  if (FIRST == 1u) {
    nearest = vec4f(3e38);
    low = vec4f(0.0);
    high = vec4f(0.0);
    for (var j = 0u; j < size.points; j++) {
      nearest = min(nearest, select(d[column + j * TILE4], vec4f(3e38), own == vec4u(j)));
    }
    bands[2u * size.points4 + i4] = nearest;
  }
  let doubled = select(2.0 * low, vec4f(1.0), low == vec4f(0.0));
  let beta = select(0.5 * (low + high), doubled, high == vec4f(0.0));
  var sum = vec4f(0.0);
  var moment = vec4f(0.0);
  for (var j = 0u; j < size.points; j++) {
    let exponent = beta * (d[column + j * TILE4] - nearest);
    let e = select(exp(-exponent), vec4f(0.0), own == vec4u(j));
    sum += e;
    moment += e * exponent;
  }
  let wide = log(sum) + moment / sum > vec4f(size.entropy);
  bands[i4] = beta;
  bands[size.points4 + i4] = sum;
  bands[3u * size.points4 + i4] = select(low, beta, wide);
  bands[4u * size.points4 + i4] = select(beta, high, wide);
}
