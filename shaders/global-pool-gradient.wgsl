// dx[r, p, c] = dy[r, c] / positions for the mean; for the maximum dy[r, c] where p is the first position at which x[r, p, c]
// is the largest, else 0. x, dx: [rows, positions, channels / 4], dy: [rows, 1, channels / 4].
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
// span: positions a thread writes; all of them for the maximum, which each thread has to look for.
struct GlobalPoolGradient { rows: u32, positions: u32, channels: u32, span: u32 }
@group(1) @binding(0) var<uniform> size: GlobalPoolGradient;
const AVERAGE = 0u;
const WORKGROUP = 64u;
// include: lib/lanes.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let vectors = (size.channels + 3u) / 4u;
  let spans = (size.positions + size.span - 1u) / size.span;
  let part = index / vectors;
  let c = index - part * vectors;
  let row = part / spans;
  if (row >= size.rows) { return; }
  let base = row * size.positions * vectors + c;
  let gradient = keepLanes(dy[row * vectors + c], c * 4u, size.channels);
  let start = (part - row * spans) * size.span;
  let stop = min(start + size.span, size.positions);
  if (AVERAGE == 1u) {
    let share = gradient / f32(size.positions);
    for (var p = start; p < stop; p++) { dx[base + p * vectors] = share; }
  } else {
    var largest = x[base];
    var place = vec4u(0u);
    for (var p = 1u; p < size.positions; p++) {
      let value = x[base + p * vectors];
      place = select(place, vec4u(p), value > largest);
      largest = max(largest, value);
    }
    for (var p = start; p < stop; p++) {
      dx[base + p * vectors] = select(vec4f(0.0), gradient, place == vec4u(p));
    }
  }
}
