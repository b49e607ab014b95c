// sums[part, g, 0, c] = sum of x y and, ABSOLUTE = 1, sums[part, g, 1, c] = sum of |x y|, over the positions of a part of group g,
// in order: a gradient times what it is the gradient of. x, y: [groups, positions, channels4]; sums: [parts, groups, 1 or 2,
// channels4], in vec4s.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;
const ABSOLUTE = 0u;
// include: lib/channel-parts.wgsl

fn sumPart(g: u32, c: u32, at: u32, count: u32, to: u32) {
  var sum = vec4f(0.0);
  var absolute = vec4f(0.0);
  for (var p = 0u; p < count; p++) {
    let place = at + p * size.channels4;
    let product = x[place] * y[place];
    sum += product;
    if (ABSOLUTE == 1u) { absolute += abs(product); }
  }
  sums[to] = sum;
  if (ABSOLUTE == 1u) { sums[to + size.channels4] = absolute; }
}
