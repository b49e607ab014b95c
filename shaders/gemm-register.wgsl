// c[m, n] = store(bias[n] + sum over k, ascending, of load(a[m, k]) b[k, n]), any strides, f32.
// a: [rows, depth], b: [depth, columns], bias: [columns], c: [rows, columns]; strides in `size`. Barrier-free: for processors.
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
// include: lib/gemm-parameters.wgsl
// include: lib/activation.wgsl

// Where a row begins, which does not change along the depth.
fn rowOf(row: u32) -> u32 { return row * size.aRow; }
fn loadA(rowAt: u32, k: u32) -> f32 {
  return activate(A_ACTIVATION, vec4f(a[rowAt + k * size.aDepth]), size.loadAlpha, size.loadBeta).x;
}

// include: lib/gemm-store.wgsl
// include: lib/gemm-register.wgsl
