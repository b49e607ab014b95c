// c[m, n] = store(bias[n] + sum over k of (load(a[i, k]) + masked(j, k) displacement[i, k]) b[k, n]), with image
// i = m % images and mask j = m / images: many damaged copies of one layer as the rows of one product, f32.
// a and displacement: [images, depth], masks: [masks, ceil(depth / 32)] bits, c: [masks * images, columns], any strides.
// The damaged activation is never written to memory. Barrier-free: for processors.
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> displacement: array<f32>;
@group(0) @binding(2) var<storage, read> masks: array<u32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> c: array<f32>;
struct MaskedGemm {
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
  images: u32,
  // First mask and first image of this dispatch.
  maskStart: u32,
  imageStart: u32,
  loadAlpha: f32,
  loadBeta: f32,
  storeAlpha: f32,
  storeBeta: f32,
}
@group(1) @binding(0) var<uniform> size: MaskedGemm;
const A_ACTIVATION = 0u;
const C_ACTIVATION = 0u;
// include: lib/activation.wgsl

fn rowOf(row: u32) -> u32 { return row; }
fn loadA(row: u32, k: u32) -> f32 {
  let word = masks[(size.maskStart + row / size.images) * ((size.depth + 31u) / 32u) + k / 32u];
  let at = (size.imageStart + row % size.images) * size.aRow + k * size.aDepth;
  return activate(A_ACTIVATION, vec4f(a[at]), size.loadAlpha, size.loadBeta).x + select(0.0, displacement[at], ((word >> (k % 32u)) & 1u) == 1u);
}

fn storeC(row: u32, firstColumn: u32, sum: vec4f) {
  if (row >= size.rows) { return; }
  let value = activate(C_ACTIVATION, sum, size.storeAlpha, size.storeBeta);
  let count = min(4u, size.columns - min(size.columns, firstColumn));
  for (var i = 0u; i < count; i++) { c[row * size.cRow + (firstColumn + i) * size.cColumn] = value[i]; }
}

// include: lib/gemm-register.wgsl
