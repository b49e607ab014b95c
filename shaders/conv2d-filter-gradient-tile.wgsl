// dw[s, i, j, c, o] = sum over samples n and outputs v, u of split s, ascending, of x[n, v sy + i dy - top, u sx + j dx -
// left, c] g[n, v, u, o], groups = 1, as a product: its rows are the window's places and channels, its depth the output
// positions of all samples, x gathered on the way to workgroup memory. x: [rows, height, width, inChannels4], g (`dy`):
// [rows, outHeight, outWidth, outChannels4], dw: [splits, kernelHeight, kernelWidth, 4 inChannels4, outChannels4], all in
// vec4s. For GPUs.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dw: array<vec4f>;
// include: lib/conv2d-filter-gradient-parameters.wgsl

fn partCount() -> u32 { return size.splits; }
fn rowCount4() -> u32 { return size.kernelHeight * size.kernelWidth * size.inChannels4; }
fn columnCount4() -> u32 { return size.outChannels4; }
fn depthRange(part: u32) -> vec2u {
  let lines = size.rows * size.outHeight;
  let begin = min(part * size.splitLines, lines);
  return vec2u(begin, min(begin + size.splitLines, lines)) * size.outWidth;
}

// Row and column of x that the place in the window has for output 0, and a vec4 of its channels. What lies before the
// first row or column wraps around, beyond the last.
struct Place {
  row: u32,
  column: u32,
  channel4: u32,
}
fn placeOf(part: u32, row4: u32) -> Place {
  let tap = row4 / size.inChannels4;
  let row = (tap / size.kernelWidth) * size.dilationY - size.padTop;
  let column = (tap % size.kernelWidth) * size.dilationX - size.padLeft;
  return Place(row, column, row4 % size.inChannels4);
}

// An output position: sample, row, column.
alias Cursor = vec3u;
fn cursorAt(depth: u32) -> Cursor {
  let line = depth / size.outWidth;
  return Cursor(line / size.outHeight, line % size.outHeight, depth % size.outWidth);
}
// Carries columns beyond the last over to the next rows and samples, by subtraction: a division costs tens of cycles.
fn advance(cursor: Cursor) -> Cursor {
  var sample = cursor.x;
  var row = cursor.y;
  var column = cursor.z + DEPTH;
  for (; column >= size.outWidth; column -= size.outWidth) {
    row += 1u;
    if (row == size.outHeight) {
      row = 0u;
      sample += 1u;
    }
  }
  return Cursor(sample, row, column);
}

fn loadA(place: Place, cursor: Cursor) -> vec4f {
  let row = cursor.y * size.strideY + place.row;
  let column = cursor.z * size.strideX + place.column;
  var value = vec4f(0.0);
  if ((row < size.height) & (column < size.width)) {
    value = x[((cursor.x * size.height + row) * size.width + column) * size.inChannels4 + place.channel4];
  }
  return value;
}
fn startOfB(part: u32) -> u32 { return 0u; }
fn loadB(at: u32) -> vec4f { return dy[at]; }
fn store(part: u32, row: u32, column4: u32, value: vec4f) {
  dw[(part * rowCount4() * 4u + row) * size.outChannels4 + column4] = value;
}

// include: lib/transposed-tile.wgsl
