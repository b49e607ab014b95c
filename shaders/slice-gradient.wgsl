// dx[r, i] = dy[r, (i - start) / step] where that is whole and one of dy's `size` numbers along every axis, else 0: what a slice
// took gets its gradient, the rest none. Axis C is the channels, axis 0 the last before them. dy: [rows, sizes, padded channels]
// as floats, because channels move; dx: [rows, extents, channels / 4]. A thread a vec4 of dx.
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4f>;
// Strides in floats of dy. The outermost axis needs no extent.
struct SliceGradient {
  // vec4s of dx.
  count: u32,
  channels: u32,
  startC: i32,
  stepC: i32,
  sizeC: i32,
  extent0: u32,
  extent1: u32,
  extent2: u32,
  extent3: u32,
  start0: i32,
  start1: i32,
  start2: i32,
  start3: i32,
  start4: i32,
  step0: i32,
  step1: i32,
  step2: i32,
  step3: i32,
  step4: i32,
  size0: i32,
  size1: i32,
  size2: i32,
  size3: i32,
  size4: i32,
  stride0: u32,
  stride1: u32,
  stride2: u32,
  stride3: u32,
  stride4: u32,
}
@group(1) @binding(0) var<uniform> size: SliceGradient;
// Axes in use before the channels, rows among them, 1 to 5.
const AXES = 1u;
const WORKGROUP = 64u;

// Where along dy's axis the number i of dx was taken to; -1: nowhere.
fn taken(i: u32, start: i32, step: i32, count: i32) -> i32 {
  let distance = i32(i) - start;
  let at = distance / step;
  return select(-1, at, (at * step == distance) & (at >= 0) & (at < count));
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (index >= size.count) { return; }
  let vectors = (size.channels + 3u) / 4u;
  var rest = index / vectors;
  let c = index - rest * vectors;
  // Stays 0 where all axes were taken.
  var least = 0;
  var base = 0u;
  if (AXES > 1u) {
    let at = taken(rest % size.extent0, size.start0, size.step0, size.size0);
    rest = rest / size.extent0;
    least = min(least, at);
    base += u32(max(at, 0)) * size.stride0;
  }
  if (AXES > 2u) {
    let at = taken(rest % size.extent1, size.start1, size.step1, size.size1);
    rest = rest / size.extent1;
    least = min(least, at);
    base += u32(max(at, 0)) * size.stride1;
  }
  if (AXES > 3u) {
    let at = taken(rest % size.extent2, size.start2, size.step2, size.size2);
    rest = rest / size.extent2;
    least = min(least, at);
    base += u32(max(at, 0)) * size.stride2;
  }
  if (AXES > 4u) {
    let at = taken(rest % size.extent3, size.start3, size.step3, size.size3);
    rest = rest / size.extent3;
    least = min(least, at);
    base += u32(max(at, 0)) * size.stride3;
  }
  let outer = taken(rest, size.start4, size.step4, size.size4);
  least = min(least, outer);
  base += u32(max(outer, 0)) * size.stride4;
  var result = vec4f(0.0);
  if (least >= 0) {
    for (var lane = 0u; lane < 4u; lane++) { // unroll
      let channel = c * 4u + lane;
      let at = taken(channel, size.startC, size.stepC, size.sizeC);
      if ((channel < size.channels) & (at >= 0)) { result[lane] = dy[base + u32(at)]; }
    }
  }
  dx[index] = result;
}
