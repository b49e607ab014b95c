// c[z, m, n] = activation(bias[n] + sum over k, ascending, of a[z, m, k] b[z, k, n])
// a: [batches, rows, depth4], b: [batches, 4 depth4, columns4], bias: [columns4], c: [batches, rows, columns4], in vec4s
// along the last axis, rows of c cStride4 apart. For 1 x 1 convolutions, dense layers and Winograd's products. Workgroup memory: for GPUs.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;
// include: lib/batched-gemm-parameters.wgsl
// include: lib/activation.wgsl

fn batchCount() -> u32 { return size.batches; }
fn rowCount() -> u32 { return size.rows; }
fn columnCount4() -> u32 { return size.columns4; }
fn depthCount4() -> u32 { return size.depth4; }

// Where a row of a begins. Of rows that are not there the last is read: their results are not stored.
struct Place {
  at: u32,
}
fn placeOf(batch: u32, row: u32) -> Place {
  return Place(batch * size.aStride4 + min(row, size.rows - 1u) * size.depth4);
}

struct Cursor {
  depth4: u32,
}
fn cursorAt(depth4: u32) -> Cursor { return Cursor(depth4); }
fn advance(cursor: Cursor) -> Cursor { return Cursor(cursor.depth4 + DEPTH4); }

fn loadA(place: Place, cursor: Cursor) -> vec4f {
  var value = vec4f(0.0);
  if (cursor.depth4 < size.depth4) { value = a[place.at + cursor.depth4]; }
  return value;
}
fn startOfB(batch: u32) -> u32 { return batch * size.bStride4; }
fn loadB(at: u32) -> vec4f { return b[at]; }
fn loadBias(batch: u32, column4: u32) -> vec4f { return bias[batch * size.biasStride4 + column4]; }
fn store(row: u32, column4: u32, value: vec4f) { c[row * size.cStride4 + column4] = value; }

// include: lib/product-tile.wgsl
