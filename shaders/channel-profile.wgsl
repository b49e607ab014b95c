// profile[part, i, k, c] over the positions of a part of image i, in order: k = 0 the sum of a, 1 the sum of a squared, 2 the
// greatest a, 3 how many are 0. The host joins the parts; one without positions has LOWEST for its greatest.
// a: [images, positions, channels4]; profile: [parts, images, 4, channels4], in vec4s.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> profile: array<vec4f>;
const LOWEST = -3.402823e38;
// include: lib/channel-parts.wgsl

fn sumPart(g: u32, c: u32, at: u32, count: u32, to: u32) {
  var sum = vec4f(0.0);
  var squares = vec4f(0.0);
  var greatest = vec4f(LOWEST);
  var zeros = vec4f(0.0);
  for (var p = 0u; p < count; p++) {
    let value = a[at + p * size.channels4];
    sum += value;
    squares += value * value;
    greatest = max(greatest, value);
    zeros += select(vec4f(0.0), vec4f(1.0), value == vec4f(0.0));
  }
  profile[to] = sum;
  profile[to + size.channels4] = squares;
  profile[to + 2u * size.channels4] = greatest;
  profile[to + 3u * size.channels4] = zeros;
}
