// divergence[part, i] = sum over a part of the points j, in order, of p log(p / w), w = 1 / (1 + |y[i] - y[j]|^2): with the
// logarithm of Z added to the sum of all, the Kullback-Leibler divergence of t-SNE, because the p add up to 1. p: a block of
// columns as in tsne-distances.wgsl; y: [4 points4]; divergence: [parts, points4] in vec4s of points. A thread: 4 points of
// the columns and a part.
@group(0) @binding(0) var<storage, read> p: array<vec4f>;
@group(0) @binding(1) var<storage, read> y: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> divergence: array<vec4f>;
struct TsneDivergence {
  points: u32, points4: u32, first4: u32, from4: u32, count4: u32, parts: u32, partSize: u32
}
@group(1) @binding(0) var<uniform> size: TsneDivergence;
const TILE4 = 8u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let part = index / size.count4;
  if (part >= size.parts) { return; }
  let i4 = size.from4 + index - part * size.count4;
  let own = vec4u(4u * i4) + vec4u(0u, 1u, 2u, 3u);
  let hereX = vec4f(y[own.x].x, y[own.y].x, y[own.z].x, y[own.w].x);
  let hereY = vec4f(y[own.x].y, y[own.y].y, y[own.z].y, y[own.w].y);
  let stop = min(size.points, (part + 1u) * size.partSize);
  let lane = (i4 - size.first4) % TILE4;
  let column = (i4 - size.first4 - lane) * 4u * size.points4 + lane;
  var sum = vec4f(0.0);
  for (var j = part * size.partSize; j < stop; j++) {
    let dx = hereX - y[j].x;
    let dy = hereY - y[j].y;
    let share = p[column + j * TILE4];
    // Of p = 0 nothing: p log p has the limit 0, and max keeps the logarithm finite.
    sum += share * (log(max(share, vec4f(1e-37))) + log(1.0 + dx * dx + dy * dy));
  }
  divergence[part * size.points4 + i4] = sum;
}
