// Sizes of c[s, z] = sum over the depth of split s of a[z]^T b[z], in vec4s along the last axis.
struct TransposedGemm {
  batches: u32,
  depth: u32,
  rows4: u32,
  columns4: u32,
  // From one batch to the next; 0: all batches share it.
  aStride4: u32,
  bStride4: u32,
  // Also from the last batch of a split to the first of the next.
  cStride4: u32,
  splits: u32,
  // Depth of every split but the last, which may have less or none.
  splitDepth: u32,
}
@group(1) @binding(0) var<uniform> size: TransposedGemm;
