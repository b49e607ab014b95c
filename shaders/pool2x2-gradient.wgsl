// The gradient of the maximum of 2 x 2 windows that neither overlap nor are padded: the first of a window's largest numbers,
// in row-major order, gets dy, the others 0, as do rows and columns that are in no window. A thread owns a window's place, and
// writes all of it. x, dx: [rows, height, width, channels / 4], dy: [rows, outHeight, outWidth, channels / 4].
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
struct Pool2x2Gradient { rows: u32, height: u32, width: u32, channels: u32, outHeight: u32, outWidth: u32 }
@group(1) @binding(0) var<uniform> size: Pool2x2Gradient;
const LOWEST = -3.402823e38;
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
  // Places of windows, also those that hang over the input's end and may have no output.
  let places = (size.width + 1u) / 2u;
  let lines = (size.height + 1u) / 2u;
  let place = index / vectors;
  let c = index - place * vectors;
  let line = place / places;
  let ox = place - line * places;
  let row = line / lines;
  let oy = line - row * lines;
  if (row >= size.rows) { return; }
  let wide = 2u * ox + 1u < size.width;
  let high = 2u * oy + 1u < size.height;
  let at0 = ((row * size.height + 2u * oy) * size.width + 2u * ox) * vectors + c;
  let at1 = at0 + select(0u, vectors, wide);
  let at2 = at0 + select(0u, size.width * vectors, high);
  let at3 = at2 + at1 - at0;
  let x0 = x[at0];
  let x1 = select(vec4f(LOWEST), x[at1], wide);
  let x2 = select(vec4f(LOWEST), x[at2], high);
  let x3 = select(vec4f(LOWEST), x[at3], wide & high);
  var gradient = vec4f(0.0);
  if (ox < size.outWidth && oy < size.outHeight) {
    gradient = keepLanes(dy[((row * size.outHeight + oy) * size.outWidth + ox) * vectors + c], c * 4u, size.channels);
  }
  let upper = max(x0, x1);
  let below = max(x2, x3) > upper;
  dx[at0] = select(gradient, vec4f(0.0), below | (x1 > x0));
  if (wide) { dx[at1] = select(vec4f(0.0), gradient, !below & (x1 > x0)); }
  if (high) { dx[at2] = select(vec4f(0.0), gradient, below & (x2 >= x3)); }
  if (wide && high) { dx[at3] = select(vec4f(0.0), gradient, below & (x3 > x2)); }
}
