// c[s, z, m, n] = sum over k of split s, ascending, of a[z, k, m] b[z, k, n], f32: what weights that multiplied a gain of b.
// a: [batches, depth, rows4], b: [batches, depth, columns4], c: [splits, batches, 4 rows4, columns4], all in vec4s.
// Workgroup memory: for GPUs.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4f>;
// include: lib/transposed-gemm-parameters.wgsl

fn partCount() -> u32 { return size.splits * size.batches; }
fn rowCount4() -> u32 { return size.rows4; }
fn columnCount4() -> u32 { return size.columns4; }
fn depthRange(part: u32) -> vec2u {
  let begin = min((part / size.batches) * size.splitDepth, size.depth);
  return vec2u(begin, min(begin + size.splitDepth, size.depth));
}

// Where a vec4 of rows begins.
struct Place {
  at: u32,
}
fn placeOf(part: u32, row4: u32) -> Place { return Place((part % size.batches) * size.aStride4 + row4); }

// A place along the depth.
alias Cursor = u32;
fn cursorAt(depth: u32) -> Cursor { return depth; }
fn advance(cursor: Cursor) -> Cursor { return cursor + DEPTH; }

fn loadA(place: Place, cursor: Cursor) -> vec4f { return a[place.at + cursor * size.rows4]; }
fn startOfB(part: u32) -> u32 { return (part % size.batches) * size.bStride4; }
fn loadB(at: u32) -> vec4f { return b[at]; }
fn store(part: u32, row: u32, column4: u32, value: vec4f) {
  c[part * size.cStride4 + row * size.columns4 + column4] = value;
}

// include: lib/transposed-tile.wgsl
