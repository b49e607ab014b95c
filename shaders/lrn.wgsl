// y[p, c] = x[p, c] / (bias + share * sum of x[p, i]^2, c - BEFORE <= i <= c + AFTER)^beta, over the channels there are:
// local response normalisation (Krizhevsky et al. 2012), share = alpha / size. x: [positions, padded channels] as floats,
// because windows begin anywhere; y: [positions, channels / 4], of all rows. A thread a vec4.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
struct Lrn { positions: u32, channels: u32, share: f32, bias: f32, beta: f32 }
@group(1) @binding(0) var<uniform> size: Lrn;
const BEFORE = 2u;
const AFTER = 2u;
// BEFORE + AFTER + 4: the channels that four neighbours read.
const SPAN = 8u;
const WORKGROUP = 64u;
// include: lib/lanes.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let vectors = (size.channels + 3u) / 4u;
  let position = index / vectors;
  if (position >= size.positions) { return; }
  let channel = (index - position * vectors) * 4u;
  let base = position * vectors * 4u;
  let lanes = vec4u(0u, 1u, 2u, 3u);
  var squares = vec4f(0.0);
  for (var t = 0u; t < SPAN; t++) { // unroll
    // Counted from BEFORE channels before the first, so that nothing is negative.
    let at = channel + t;
    if (at >= BEFORE && at < size.channels + BEFORE) {
      let value = x[base + at - BEFORE];
      let within = (vec4u(t) >= lanes) & (vec4u(t) <= lanes + vec4u(BEFORE + AFTER));
      squares += select(vec4f(0.0), vec4f(value * value), within);
    }
  }
  let at = base + channel;
  let value = vec4f(x[at], x[at + 1u], x[at + 2u], x[at + 3u]);
  y[index] = keepLanes(value / pow(size.bias + size.share * squares, vec4f(size.beta)), channel, size.channels);
}
