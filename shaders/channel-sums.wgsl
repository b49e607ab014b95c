// partial[part, g, 0, c] = sum of x, partial[part, g, 1, c] = sum of x (other - shift[g, c]), over the positions of a part of
// group g, in order; PRODUCT = 0: the first alone, other is not read. x, other: [groups, positions, channels4]; shift:
// [groups, channels4], read where SHIFTED = 1; all in vec4s.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> other: array<vec4f>;
@group(0) @binding(2) var<storage, read> shift: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partial: array<vec4f>;
const PRODUCT = 0u;
const SHIFTED = 0u;
// Positions that are added up before their sum joins the total: less is rounded away.
const RUN = 4u;
// include: lib/channel-parts.wgsl

fn sumPart(g: u32, c: u32, at: u32, count: u32, to: u32) {
  var center = vec4f(0.0);
  if (SHIFTED == 1u) { center = shift[g * size.channels4 + c]; }
  var p = 0u;
  var place = at;
  var first = vec4f(0.0);
  var second = vec4f(0.0);
  for (; p + RUN <= count; p += RUN) {
    var firstRun = vec4f(0.0);
    var secondRun = vec4f(0.0);
    for (var i = 0u; i < RUN; i++) { // unroll
      let value = x[place];
      firstRun += value;
      if (PRODUCT == 1u) { secondRun += value * (other[place] - center); }
      place += size.channels4;
    }
    first += firstRun;
    second += secondRun;
  }
  for (; p < count; p++) {
    let value = x[place];
    first += value;
    if (PRODUCT == 1u) { second += value * (other[place] - center); }
    place += size.channels4;
  }
  partial[to] = first;
  if (PRODUCT == 1u) { partial[to + size.channels4] = second; }
}
