// Sizes of a sparse product. x: [groups, rows, vectors]; groups = 1: all batches share it.
struct Sparse {
  batches: u32,
  groups: u32,
  rows: u32,
  vectors: u32,
  columns4: u32,
  // From one batch of weights (and bias), or of their gradient, to the next, in vec4s.
  weightStride4: u32,
  // vec4s of one line of an image whose lines come in fours; 1: of no image. A square is 4 vectors, one below the other in the
  // image because they differ from the background together: square q begins at q + 3 line4 (q / line4), one line4 to the next.
  line4: u32,
  // What most of x is.
  background: f32,
  // The two numbers of the activation.
  alpha: f32,
  beta: f32,
}
@group(1) @binding(0) var<uniform> size: Sparse;

// Threads that run together share their bits, so that none waits for another: SIDE = 8: they have one tile of 8 batches; 1: tiles
// of one batch. Thread `index` of T tiles has tile line - eighth T of batch eighth SIDE + index % SIDE, where line = index / SIDE and
// eighth = line / T. (Values from functions would do the same, but the tests' detector of races mixes them up between threads.)
const SIDE = 8u;
