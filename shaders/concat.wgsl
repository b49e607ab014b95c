// Writes one input into its slice of y, the inputs one after the other along an axis; a dispatch an input, in the order of
// the slices. x: [its rows, outers, run, channels / 4], y: [rows, outers, outRun, outVectors], where outers are the positions
// before the axis and a run those from the axis on. Along the channels x begins SHIFT lanes into vec4 `begin` of each
// position: there the first lanes stay as the input before left them, and those behind x's last channel are set to 0, to be
// overwritten by the next input, or else padding. rows: the image and mask of each row.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> rows: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
struct Concat {
  rows: u32,
  outers: u32,
  run: u32,
  channels: u32,
  // vec4s of x from row to row; 0 where all rows read the same.
  xRow: u32,
  outRun: u32,
  outVectors: u32,
  // The first position, or vec4 of channels, of the slice.
  beginPosition: u32,
  begin: u32,
}
@group(1) @binding(0) var<uniform> size: Concat;
// 1: x has the rows of the images, rows[r].x.
const SHARED = 0u;
// 0 to 3.
const SHIFT = 0u;
// Positions a thread.
const RUN = 4u;
const WORKGROUP = 64u;
// include: lib/lanes.wgsl

// The vec4 that begins SHIFT channels before `current`, which follows `previous`.
fn shifted(previous: vec4f, current: vec4f) -> vec4f {
  if (SHIFT == 1u) { return vec4f(previous.w, current.xyz); }
  if (SHIFT == 2u) { return vec4f(previous.zw, current.xy); }
  if (SHIFT == 3u) { return vec4f(previous.yzw, current.x); }
  return current;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let vectors = (size.channels + 3u) / 4u;
  let written = (size.channels + SHIFT + 3u) / 4u;
  let runs = (size.run + RUN - 1u) / RUN;
  let run = index / written;
  let v = index - run * written;
  let line = run / runs;
  let first = (run - line * runs) * RUN;
  let row = line / size.outers;
  if (row >= size.rows) { return; }
  var source = row;
  if (SHARED == 1u) { source = rows[row].x; }
  let xAt = source * size.xRow + (line - row * size.outers) * size.run * vectors;
  let yAt = (line * size.outRun + size.beginPosition) * size.outVectors + size.begin + v;
  for (var i = 0u; i < RUN; i++) { // unroll
    if (first + i < size.run) {
      let at = xAt + (first + i) * vectors + v;
      let place = yAt + (first + i) * size.outVectors;
      var current = vec4f(0.0);
      if (v < vectors) { current = keepLanes(x[at], v * 4u, size.channels); }
      if (SHIFT > 0u) {
        var previous = vec4f(0.0);
        if (v > 0u) {
          previous = keepLanes(x[at - 1u], v * 4u - 4u, size.channels);
        } else {
          // The lanes to keep, where shifted() takes the last of a vec4 before from.
          let kept = y[place];
          if (SHIFT == 1u) { previous = kept.xxxx; }
          if (SHIFT == 2u) { previous = kept.xyxy; }
          if (SHIFT == 3u) { previous = kept.xxyz; }
        }
        current = shifted(previous, current);
      }
      y[place] = current;
    }
  }
}
