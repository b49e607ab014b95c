// y[r, c] = max, or mean, over p of x[r, p, c]. x: [rows, positions, channels / 4], y: [rows, 1, channels / 4]. Sums are of
// blocks of BLOCK positions, four at a time, and then of the blocks, so that tens of thousands of positions lose nothing.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
struct GlobalPool { rows: u32, positions: u32, channels: u32 }
@group(1) @binding(0) var<uniform> size: GlobalPool;
const AVERAGE = 0u;
// A multiple of 4.
const BLOCK = 64u;
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
  let row = index / vectors;
  if (row >= size.rows) { return; }
  let c = index - row * vectors;
  var at = row * size.positions * vectors + c;
  var total = vec4f(0.0);
  if (AVERAGE == 0u) { total = x[at]; }
  for (var start = 0u; start < size.positions; start += BLOCK) {
    let stop = min(start + BLOCK, size.positions);
    var p = start;
    var partial = vec4f(0.0);
    if (AVERAGE == 0u) { partial = total; }
    for (; p + 4u <= stop; p += 4u) {
      let a = x[at];
      let b = x[at + vectors];
      let d = x[at + 2u * vectors];
      let e = x[at + 3u * vectors];
      if (AVERAGE == 1u) { partial += (a + b) + (d + e); } else { partial = max(partial, max(max(a, b), max(d, e))); }
      at += 4u * vectors;
    }
    for (; p < stop; p++) {
      if (AVERAGE == 1u) { partial += x[at]; } else { partial = max(partial, x[at]); }
      at += vectors;
    }
    if (AVERAGE == 1u) { total += partial; } else { total = partial; }
  }
  if (AVERAGE == 1u) { total = total / f32(size.positions); }
  y[index] = keepLanes(total, c * 4u, size.channels);
}
