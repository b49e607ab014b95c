// dx[r, y, x, c] = sum of dy over the windows that hold (y, x): of the maximum those in which it is the first of the largest
// numbers in row-major order, of the mean all, each divided by what the mean is divided by (see pool2d.wgsl). A thread owns a
// vec4 of dx and adds its windows up by rows. x, dx: [rows, height, width, channels / 4], dy: [rows, outHeight, outWidth,
// channels / 4].
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
struct Pool2dGradient {
  rows: u32,
  height: u32,
  width: u32,
  channels: u32,
  outHeight: u32,
  outWidth: u32,
  strideY: u32,
  strideX: u32,
  padTop: u32,
  padLeft: u32,
  paddedHeight: u32,
  paddedWidth: u32,
}
@group(1) @binding(0) var<uniform> size: Pool2dGradient;
const AVERAGE = 0u;
const COUNT_PADDING = 0u;
// 0: no window reaches beyond the input.
const PADDED = 1u;
const KERNEL_Y = 2u;
const KERNEL_X = 2u;
const DILATION_Y = 1u;
const DILATION_X = 1u;
const WORKGROUP = 64u;
// include: lib/lanes.wgsl

// The first window that may hold `at`, counted from the first row or column of the padding; `reach`: from a window's first
// number to its last.
fn firstWindow(at: u32, reach: u32, stride: u32) -> u32 {
  return (max(at, reach) - reach + stride - 1u) / stride;
}

// How many rows or columns of a window from `start` the mean counts.
fn counted(start: u32, kernel: u32, dilation: u32, pad: u32, inside: u32, padded: u32) -> f32 {
  if (PADDED == 0u) { return f32(kernel); }
  var count = 0.0;
  for (var k = 0u; k < kernel; k++) {
    let at = start + k * dilation;
    let within = select(at - pad < inside, at < padded, COUNT_PADDING == 1u);
    count += select(0.0, 1.0, within);
  }
  return count;
}

// Which lanes of `value`, at (py, px) of the padded input, are the first of the largest of the window from (top, left).
fn leads(value: vec4f, py: u32, px: u32, top: u32, left: u32, base: u32, vectors: u32) -> vec4<bool> {
  var first = vec4<bool>(true);
  for (var ky = 0u; ky < KERNEL_Y; ky++) {
    let qy = top + ky * DILATION_Y;
    // Before the input the difference wraps around.
    if (qy - size.padTop < size.height) {
      for (var kx = 0u; kx < KERNEL_X; kx++) {
        let qx = left + kx * DILATION_X;
        if (qx - size.padLeft < size.width) {
          let other = x[base + ((qy - size.padTop) * size.width + qx - size.padLeft) * vectors];
          let earlier = (qy < py) | ((qy == py) & (qx < px));
          first = first & select(value >= other, value > other, vec4<bool>(earlier));
        }
      }
    }
  }
  return first;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let vectors = (size.channels + 3u) / 4u;
  let position = index / vectors;
  let c = index - position * vectors;
  let line = position / size.width;
  let row = line / size.height;
  if (row >= size.rows) { return; }
  let py = line - row * size.height + size.padTop;
  let px = position - line * size.width + size.padLeft;
  let stopY = min(py / size.strideY + 1u, size.outHeight);
  let stopX = min(px / size.strideX + 1u, size.outWidth);
  let startX = firstWindow(px, (KERNEL_X - 1u) * DILATION_X, size.strideX);
  let base = row * size.height * size.width * vectors + c;
  var value = vec4f(0.0);
  if (AVERAGE == 0u) { value = x[index]; }
  var total = vec4f(0.0);
  for (var oy = firstWindow(py, (KERNEL_Y - 1u) * DILATION_Y, size.strideY); oy < stopY; oy++) {
    let top = oy * size.strideY;
    if ((py - top) % DILATION_Y == 0u) {
      let high = counted(top, KERNEL_Y, DILATION_Y, size.padTop, size.height, size.paddedHeight);
      for (var ox = startX; ox < stopX; ox++) {
        let left = ox * size.strideX;
        if ((px - left) % DILATION_X == 0u) {
          let gradient = dy[((row * size.outHeight + oy) * size.outWidth + ox) * vectors + c];
          if (AVERAGE == 1u) {
            total += gradient / (high * counted(left, KERNEL_X, DILATION_X, size.padLeft, size.width, size.paddedWidth));
          } else {
            total += select(vec4f(0.0), gradient, leads(value, py, px, top, left, base, vectors));
          }
        }
      }
    }
  }
  dx[index] = keepLanes(total, c * 4u, size.channels);
}
