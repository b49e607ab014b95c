// y[r, o] = x[r, i(o)]: transpose, slice, pad and reshape, one number at a time. Along each axis of y, its coordinate o is
// multiplied by stride and added up, from base, to the number read. Where an axis is PADDED, it is first o + start, which FILL
// brings back into 0 to extent - 1. Axis C is the channels, axis 0 the last before them. x: [rows, inRow] floats, y: [rows,
// size4, ..., size0, channels / 4]. FLAT: the sum counts x's numbers without padding, so that a reshape is two axes.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
struct Rearrange {
  rows: u32,
  inRow: u32,
  inChannels: u32,
  base: i32,
  value: f32,
  channels: u32,
  size0: u32,
  size1: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  strideC: i32,
  stride0: i32,
  stride1: i32,
  stride2: i32,
  stride3: i32,
  stride4: i32,
  startC: i32,
  start0: i32,
  start1: i32,
  start2: i32,
  start3: i32,
  start4: i32,
  extentC: i32,
  extent0: i32,
  extent1: i32,
  extent2: i32,
  extent3: i32,
  extent4: i32,
}
@group(1) @binding(0) var<uniform> size: Rearrange;
// Axes in use before the channels, 1 to 5.
const AXES = 1u;
// Which of them, and whether the channels, may leave the input.
const PADDED_C = 0u;
const PADDED_0 = 0u;
const PADDED_1 = 0u;
const PADDED_2 = 0u;
const PADDED_3 = 0u;
const PADDED_4 = 0u;
// 0: value, 1: the number at the edge, 2: mirrored at the edge, 3: from the other end.
const FILL = 0u;
const FLAT = 0u;
// Neighbours along axis 0 a thread.
const RUN = 4u;
const WORKGROUP = 64u;

// What an axis adds to the number read.
fn part(padded: u32, o: u32, start: i32, extent: i32, stride: i32) -> i32 {
  var k = i32(o);
  if (padded == 1u) {
    k += start;
    if (FILL == 2u) { k = select(abs(k), 2 * (extent - 1) - k, k >= extent); }
    if (FILL == 3u) { k += select(0, extent, k < 0) - select(0, extent, k >= extent); }
    k = clamp(k, 0, extent - 1);
  }
  return k * stride;
}

// Whether an axis reads a number, and not `value`.
fn reads(padded: u32, o: u32, start: i32, extent: i32) -> bool {
  if (padded == 0u || FILL != 0u) { return true; }
  let k = i32(o) + start;
  return k >= 0 && k < extent;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let vectors = (size.channels + 3u) / 4u;
  let runs = (size.size0 + RUN - 1u) / RUN;
  let run = index / vectors;
  let c = index - run * vectors;
  let line = run / runs;
  let first = (run - line * runs) * RUN;
  var lines = size.rows;
  if (AXES > 1u) { lines *= size.size1; }
  if (AXES > 2u) { lines *= size.size2; }
  if (AXES > 3u) { lines *= size.size3; }
  if (AXES > 4u) { lines *= size.size4; }
  if (line >= lines) { return; }
  var rest = line;
  var base = size.base;
  var real = true;
  if (AXES > 1u) {
    let o = rest % size.size1;
    rest = rest / size.size1;
    base += part(PADDED_1, o, size.start1, size.extent1, size.stride1);
    real = real && reads(PADDED_1, o, size.start1, size.extent1);
  }
  if (AXES > 2u) {
    let o = rest % size.size2;
    rest = rest / size.size2;
    base += part(PADDED_2, o, size.start2, size.extent2, size.stride2);
    real = real && reads(PADDED_2, o, size.start2, size.extent2);
  }
  if (AXES > 3u) {
    let o = rest % size.size3;
    rest = rest / size.size3;
    base += part(PADDED_3, o, size.start3, size.extent3, size.stride3);
    real = real && reads(PADDED_3, o, size.start3, size.extent3);
  }
  if (AXES > 4u) {
    let o = rest % size.size4;
    rest = rest / size.size4;
    base += part(PADDED_4, o, size.start4, size.extent4, size.stride4);
    real = real && reads(PADDED_4, o, size.start4, size.extent4);
  }
  let rowAt = rest * size.inRow;
  let gap = (4u - size.inChannels % 4u) % 4u;
  var channelAt: array<i32, 4>;
  var channelReal: array<bool, 4>;
  for (var lane = 0u; lane < 4u; lane++) { // unroll
    channelAt[lane] = base + part(PADDED_C, c * 4u + lane, size.startC, size.extentC, size.strideC);
    channelReal[lane] = real && reads(PADDED_C, c * 4u + lane, size.startC, size.extentC);
  }
  for (var i = 0u; i < RUN; i++) { // unroll
    let o = first + i;
    if (o < size.size0) {
      let along = part(PADDED_0, o, size.start0, size.extent0, size.stride0);
      let alongReal = reads(PADDED_0, o, size.start0, size.extent0);
      var result = vec4f(0.0);
      for (var lane = 0u; lane < 4u; lane++) { // unroll
        if (c * 4u + lane < size.channels) {
          var at = u32(channelAt[lane] + along);
          if (FLAT == 1u) { at += (at / size.inChannels) * gap; }
          if (alongReal && channelReal[lane]) { result[lane] = x[rowAt + at]; } else { result[lane] = size.value; }
        }
      }
      y[(line * size.size0 + o) * vectors + c] = result;
    }
  }
}
