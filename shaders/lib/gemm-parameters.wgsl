// Sizes, strides (in elements) and activations of c = store(load(a) b + bias).
struct Gemm {
  rows: u32,
  columns: u32,
  depth: u32,
  aRow: u32,
  aDepth: u32,
  bDepth: u32,
  bColumn: u32,
  cRow: u32,
  cColumn: u32,
  // 1: c starts from bias[column]; 0: from zero.
  useBias: u32,
  // What the activations take.
  loadAlpha: f32,
  loadBeta: f32,
  storeAlpha: f32,
  storeBeta: f32,
}
@group(1) @binding(0) var<uniform> size: Gemm;

// Applied to a as it is read, and to c as it is written.
const A_ACTIVATION = 0u;
const C_ACTIVATION = 0u;
