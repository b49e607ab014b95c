// y[n, v, u, o] = activation(bias[o] + sum over i, j, c of x[n, v sy + i dy - top, u sx + j dx - left, c] w[i, j, c, o])
// as a product: a row of a is an output position, its depth the window's positions and channels, gathered from x on the
// way to workgroup memory. x: [rows, height, width, inChannels4], weight: [kernelHeight, kernelWidth, 4 inChannels4,
// outChannels4], bias: [outChannels4], y: [rows, outHeight, outWidth, outChannels4], in vec4s. One group. For GPUs.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
// include: lib/conv2d-parameters.wgsl
// include: lib/activation.wgsl

fn batchCount() -> u32 { return 1u; }
fn rowCount() -> u32 { return size.rows * size.outHeight * size.outWidth; }
fn columnCount4() -> u32 { return size.outChannels4; }
fn depthCount4() -> u32 { return size.kernelHeight * size.kernelWidth * size.inChannels4; }

// An output position: the input row and column where its window begins, and that position's number in x.
struct Place {
  row: i32,
  column: i32,
  at: i32,
}
fn placeOf(batch: u32, position: u32) -> Place {
  let outRow = position / size.outWidth;
  let sample = outRow / size.outHeight;
  // A sample that is not there lies in the padding.
  let row = select(-0x40000000, i32(outRow % size.outHeight * size.strideY) - i32(size.padTop), sample < size.rows);
  let column = i32(position % size.outWidth * size.strideX) - i32(size.padLeft);
  return Place(row, column, (i32(sample * size.height) + row) * i32(size.width) + column);
}

// A place along the depth: how far into the window, in rows and columns of x, and the vec4 of its channels.
struct Cursor {
  row: u32,
  column: u32,
  channel4: u32,
}
fn cursorAt(depth4: u32) -> Cursor { return carry(Cursor(0u, 0u, depth4)); }
fn advance(cursor: Cursor) -> Cursor { return carry(Cursor(cursor.row, cursor.column, cursor.channel4 + DEPTH4)); }
// Carries channels beyond the last over to the next columns and rows, by subtraction: a division costs tens of cycles.
fn carry(cursor: Cursor) -> Cursor {
  var row = cursor.row;
  var column = cursor.column;
  var channel4 = cursor.channel4;
  for (; channel4 >= size.inChannels4; channel4 -= size.inChannels4) {
    column += size.dilationX;
    if (column == size.kernelWidth * size.dilationX) {
      column = 0u;
      row += size.dilationY;
    }
  }
  return Cursor(row, column, channel4);
}

fn loadA(place: Place, cursor: Cursor) -> vec4f {
  let row = place.row + i32(cursor.row);
  let column = place.column + i32(cursor.column);
  var value = vec4f(0.0);
  // Negative numbers are large ones as u32; &, because && would branch.
  if ((u32(row) < size.height) & (u32(column) < size.width) & (cursor.row < size.kernelHeight * size.dilationY)) {
    value = x[u32(place.at + i32(cursor.row * size.width + cursor.column)) * size.inChannels4 + cursor.channel4];
  }
  return value;
}
fn startOfB(batch: u32) -> u32 { return 0u; }
fn loadB(at: u32) -> vec4f { return weight[at]; }
fn loadBias(batch: u32, column4: u32) -> vec4f { return bias[column4]; }
fn store(row: u32, column4: u32, value: vec4f) { y[row * size.outChannels4 + column4] = value; }

// include: lib/product-tile.wgsl
