// Sizes of c[z] = activation(a[z] b[z] + bias). a: [batches, rows, depth4], c: [batches, rows, columns4] in vec4s along
// the last axis, b: [batches, 4 depth4, columns4].
struct BatchedGemm {
  batches: u32,
  rows: u32,
  columns4: u32,
  depth4: u32,
  // From one batch of a, b and bias to the next; 0: all batches share it.
  aStride4: u32,
  bStride4: u32,
  biasStride4: u32,
  // From one row of c to the next: columns4, or more where c is part of a wider tensor (batches = 1).
  cStride4: u32,
  // The two numbers of the activation.
  alpha: f32,
  beta: f32,
}
@group(1) @binding(0) var<uniform> size: BatchedGemm;

// 1: bias[column] is added; 0: nothing.
const USE_BIAS = 0u;
const ACTIVATION = 0u;
