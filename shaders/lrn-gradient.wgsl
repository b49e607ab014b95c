// dx[p, i] = dy[p, i] D[p, i]^-beta - 2 share beta x[p, i] sum of dy[p, c] x[p, c] D[p, c]^(-beta - 1) over the channels c whose
// window holds i, i - AFTER <= c <= i + BEFORE, where D[p, c] = bias + share * sum of x[p, j]^2, c - BEFORE <= j <= c + AFTER:
// the gradient of lrn.wgsl. x, dy: [positions, padded channels] as floats, because windows begin anywhere; dx: [positions,
// channels / 4]. A thread a vec4; D is computed again by each thread, and nothing kept.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
struct LrnGradient { positions: u32, channels: u32, before: u32, after: u32, share: f32, bias: f32, beta: f32 }
@group(1) @binding(0) var<uniform> size: LrnGradient;
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
  let own = vec4u(channel) + vec4u(0u, 1u, 2u, 3u);
  let stop = min(channel + 4u + size.before, size.channels);
  var straight = vec4f(0.0);
  var across = vec4f(0.0);
  for (var c = max(channel, size.after) - size.after; c < stop; c++) {
    let last = min(c + size.after, size.channels - 1u);
    var squares = 0.0;
    for (var j = max(c, size.before) - size.before; j <= last; j++) { squares += x[base + j] * x[base + j]; }
    let divisor = size.bias + size.share * squares;
    let direct = dy[base + c] * pow(divisor, -size.beta);
    let reached = (own >= vec4u(max(c, size.before) - size.before)) & (own <= vec4u(c + size.after));
    straight += select(vec4f(0.0), vec4f(direct), vec4u(c) == own);
    across += select(vec4f(0.0), vec4f(direct * x[base + c] / divisor), reached);
  }
  let at = base + channel;
  let value = vec4f(x[at], x[at + 1u], x[at + 2u], x[at + 3u]);
  dx[index] = keepLanes(straight - (2.0 * size.share * size.beta) * value * across, channel, size.channels);
}
