// start[z, n] = bias[z, n] + background times the sum over k, ascending, of w[z, k, n]: what a sparse product begins with.
// w: [batches, 4 vectors, columns4], bias: [columns4], weightStride4 from batch to batch, start: [batches, columns4], in vec4s.
@group(0) @binding(0) var<storage, read> w: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> start: array<vec4f>;
// include: lib/sparse-parameters.wgsl
const USE_BIAS = 0u;
const WORKGROUP = 8u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let batch = index / size.columns4;
  if (batch >= size.batches) { return; }
  let column = index - batch * size.columns4;
  let at = batch * size.weightStride4 + column;
  // Four sums, because one would lose digits over hundreds of weights.
  var sums: array<vec4f, 4>;
  for (var k = 0u; k < size.vectors; k++) {
    for (var lane = 0u; lane < 4u; lane++) { // unroll
      sums[lane] += w[at + (k * 4u + lane) * size.columns4];
    }
  }
  var value = size.background * ((sums[0] + sums[1]) + (sums[2] + sums[3]));
  if (USE_BIAS == 1u) { value += bias[batch * size.weightStride4 + column]; }
  start[index] = value;
}
