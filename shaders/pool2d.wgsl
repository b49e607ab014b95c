// y[r, oy, ox, c] = max, or mean, over ky, kx of x[r, oy strideY + ky DILATION_Y - padTop, ox strideX + kx DILATION_X -
// padLeft, c]. What is outside the input is absent. The mean divides by the window's numbers in the input or, with
// COUNT_PADDING, in the padded input. x: [rows, height, width, channels / 4], y: [rows, outHeight, outWidth, channels / 4].
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
struct Pool2d {
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
@group(1) @binding(0) var<uniform> size: Pool2d;
const AVERAGE = 0u;
const COUNT_PADDING = 0u;
// 0: no window reaches beyond the input.
const PADDED = 1u;
const KERNEL_Y = 2u;
const KERNEL_X = 2u;
const DILATION_Y = 1u;
const DILATION_X = 1u;
// Neighbouring outputs a thread.
const COLUMNS = 2u;
const WORKGROUP = 64u;
const LOWEST = -3.402823e38;
// include: lib/lanes.wgsl

// 1 where `at`, from the first row or column of the padding, is among those that the mean divides by.
fn counted(at: u32, pad: u32, inside: u32, padded: u32) -> f32 {
  if (COUNT_PADDING == 1u) { return select(0.0, 1.0, at < padded); }
  return select(0.0, 1.0, at >= pad && at < pad + inside);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let vectors = (size.channels + 3u) / 4u;
  let runs = (size.outWidth + COLUMNS - 1u) / COLUMNS;
  let run = index / vectors;
  let c = index - run * vectors;
  let line = run / runs;
  let first = (run - line * runs) * COLUMNS;
  let row = line / size.outHeight;
  if (row >= size.rows) { return; }
  let top = (line - row * size.outHeight) * size.strideY;
  let left = first * size.strideX;
  var result: array<vec4f, COLUMNS>;
  for (var i = 0u; i < COLUMNS; i++) { // unroll
    result[i] = select(vec4f(LOWEST), vec4f(0.0), AVERAGE == 1u);
  }
  for (var ky = 0u; ky < KERNEL_Y; ky++) {
    let py = top + ky * DILATION_Y;
    if (PADDED == 0u || (py >= size.padTop && py < size.padTop + size.height)) {
      let base = (row * size.height + py - size.padTop) * size.width;
      for (var kx = 0u; kx < KERNEL_X; kx++) {
        for (var i = 0u; i < COLUMNS; i++) { // unroll
          let px = left + i * size.strideX + kx * DILATION_X;
          // The last run may hang over the output, where it is not written, even without padding.
          if (px >= size.padLeft && px < size.padLeft + size.width) {
            let value = x[(base + px - size.padLeft) * vectors + c];
            if (AVERAGE == 1u) { result[i] += value; } else { result[i] = max(result[i], value); }
          }
        }
      }
    }
  }
  var high = f32(KERNEL_Y);
  if (AVERAGE == 1u && PADDED == 1u) {
    high = 0.0;
    for (var ky = 0u; ky < KERNEL_Y; ky++) {
      high += counted(top + ky * DILATION_Y, size.padTop, size.height, size.paddedHeight);
    }
  }
  for (var i = 0u; i < COLUMNS; i++) { // unroll
    if (first + i < size.outWidth) {
      var value = result[i];
      if (AVERAGE == 1u) {
        var wide = f32(KERNEL_X);
        if (PADDED == 1u) {
          wide = 0.0;
          for (var kx = 0u; kx < KERNEL_X; kx++) {
            wide += counted(left + i * size.strideX + kx * DILATION_X, size.padLeft, size.width, size.paddedWidth);
          }
        }
        value = value / max(1.0, high * wide);
      }
      y[(line * size.outWidth + first + i) * vectors + c] = keepLanes(value, c * 4u, size.channels);
    }
  }
}
