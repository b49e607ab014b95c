// Sums of t-SNE's gradient over a part of the points j, in order, with w = 1 / (1 + |y[i] - y[j]|^2):
// attraction[i] = sum p[j, i] w (y[i] - y[j]), repulsion[i] = sum w^2 (y[i] - y[j]), z[i] = sum w without j = i. So one walk is
// enough: gradient = 4 (attraction - repulsion / Z), Z the sum of all z. y: [4 points4], far away where there is no point, so
// that w is 0 there; p: a block of columns as in tsne-distances.wgsl; forces: [parts, 5, points4] in vec4s of points:
// attraction x, y, repulsion x, y, and z, 0 where there is no point. A thread: 4 VECTORS points of the columns, and a part;
// partSize is a multiple of RUN.
@group(0) @binding(0) var<storage, read> p: array<vec4f>;
@group(0) @binding(1) var<storage, read> y: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> forces: array<vec4f>;
struct TsneForces {
  points: u32, points4: u32, first4: u32, from4: u32, count4: u32, parts: u32, partSize: u32
}
@group(1) @binding(0) var<uniform> size: TsneForces;
const TILE4 = 8u;
const VECTORS = 1u;
// Points whose numbers are asked for together: they wait for memory once.
const RUN = 4u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let threads = size.count4 / VECTORS;
  let part = index / threads;
  if (part >= size.parts) { return; }
  let i4 = size.from4 + VECTORS * (index - part * threads);
  let start = part * size.partSize;
  let stop = min(4u * size.points4, start + size.partSize);
  var hereX: array<vec4f, VECTORS>;
  var hereY: array<vec4f, VECTORS>;
  var attractionX: array<vec4f, VECTORS>;
  var attractionY: array<vec4f, VECTORS>;
  var repulsionX: array<vec4f, VECTORS>;
  var repulsionY: array<vec4f, VECTORS>;
  var z: array<vec4f, VECTORS>;
  for (var v = 0u; v < VECTORS; v++) { // unroll
    let i = 4u * (i4 + v);
    hereX[v] = vec4f(y[i].x, y[i + 1u].x, y[i + 2u].x, y[i + 3u].x);
    hereY[v] = vec4f(y[i].y, y[i + 1u].y, y[i + 2u].y, y[i + 3u].y);
  }
  let lane = (i4 - size.first4) % TILE4;
  var at = (i4 - size.first4 - lane) * 4u * size.points4 + start * TILE4 + lane;
  for (var j = start; j < stop; j += RUN) {
    for (var run = 0u; run < RUN; run++) { // unroll
      let there = y[j + run];
      for (var v = 0u; v < VECTORS; v++) { // unroll
        let dx = hereX[v] - there.x;
        let dy = hereY[v] - there.y;
        let w = 1.0 / (1.0 + dx * dx + dy * dy);
        let pull = p[at + v] * w;
        let push = w * w;
        attractionX[v] += pull * dx;
        attractionY[v] += pull * dy;
        repulsionX[v] += push * dx;
        repulsionY[v] += push * dy;
        z[v] += w;
      }
      at += TILE4;
    }
  }
  for (var v = 0u; v < VECTORS; v++) { // unroll
    let own = vec4u(4u * (i4 + v)) + vec4u(0u, 1u, 2u, 3u);
    // A point's w to itself is 1.
    let itself = select(vec4f(0.0), vec4f(1.0), (own >= vec4u(start)) & (own < vec4u(stop)));
    let to = part * 5u * size.points4 + i4 + v;
    forces[to] = attractionX[v];
    forces[to + size.points4] = attractionY[v];
    forces[to + 2u * size.points4] = repulsionX[v];
    forces[to + 3u * size.points4] = repulsionY[v];
    forces[to + 4u * size.points4] = select(vec4f(0.0), z[v] - itself, own < vec4u(size.points));
  }
}
