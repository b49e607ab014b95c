// transposed[n][taps - 1 - t][o, c] = weight[n][t][c, o]: the filters of a convolution that computes another one's data
// gradient; with one tap a matrix transposed. weight: networks networkStride4 apart, each [taps, 4 in4, out4];
// transposed: [networks, taps, 4 out4, in4], in vec4s. A thread transposes a block of 4 x 4 in registers.
@group(0) @binding(0) var<storage, read> weight: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> transposed: array<vec4f>;
struct TransposeWeights {
  networks: u32,
  taps: u32,
  in4: u32,
  out4: u32,
  networkStride4: u32,
}
@group(1) @binding(0) var<uniform> size: TransposeWeights;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let matrix = index / (size.in4 * size.out4);
  let inMatrix = index - matrix * size.in4 * size.out4;
  let network = matrix / size.taps;
  if (network >= size.networks) { return; }
  let tap = matrix - network * size.taps;
  let c = inMatrix / size.out4;
  let o = inMatrix - c * size.out4;

  let source = network * size.networkStride4 + (tap * size.in4 + c) * 4u * size.out4 + o;
  let w0 = weight[source];
  let w1 = weight[source + size.out4];
  let w2 = weight[source + 2u * size.out4];
  let w3 = weight[source + 3u * size.out4];
  let reversed = network * size.taps + size.taps - 1u - tap;
  let to = (reversed * size.out4 + o) * 4u * size.in4 + c;
  transposed[to] = vec4f(w0.x, w1.x, w2.x, w3.x);
  transposed[to + size.in4] = vec4f(w0.y, w1.y, w2.y, w3.y);
  transposed[to + 2u * size.in4] = vec4f(w0.z, w1.z, w2.z, w3.z);
  transposed[to + 3u * size.in4] = vec4f(w0.w, w1.w, w2.w, w3.w);
}
