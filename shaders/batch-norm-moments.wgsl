// partial[part, g, 0, c] = mean of x, partial[part, g, 1, c] = sum of (x - mean)^2, over the positions of a part of group g:
// blocks of BLOCK positions in registers, each against its own mean, joined in order. x: [groups, positions, channels4],
// partial: [parts, groups, 2, channels4], in vec4s.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<vec4f>;
const BLOCK = 8u;
// include: lib/channel-parts.wgsl
// include: lib/moments.wgsl

fn sumPart(g: u32, c: u32, at: u32, count: u32, to: u32) {
  var p = 0u;
  var place = at;
  var total = Moments(0.0, vec4f(0.0), vec4f(0.0));
  for (; p + BLOCK <= count; p += BLOCK) {
    var values: array<vec4f, BLOCK>;
    var sum = vec4f(0.0);
    for (var i = 0u; i < BLOCK; i++) { // unroll
      values[i] = x[place];
      sum += values[i];
      place += size.channels4;
    }
    let mean = sum / f32(BLOCK);
    var deviations = vec4f(0.0);
    for (var i = 0u; i < BLOCK; i++) { // unroll
      let deviation = values[i] - mean;
      deviations += deviation * deviation;
    }
    total = mergeMoments(total, Moments(f32(BLOCK), mean, deviations));
  }
  for (; p < count; p++) {
    total = mergeMoments(total, Moments(1.0, x[place], vec4f(0.0)));
    place += size.channels4;
  }
  partial[to] = total.mean;
  partial[to + size.channels4] = total.deviations;
}
