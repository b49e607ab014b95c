// dy becomes dy slope(z), and 0 in channels that are held: the gradient before an activation, in place. z: what went into the
// activation, or (FROM_OUTPUT = 1) what came out; LINEAR: not read. z, dy: [networks, positions, channels4] in vec4s,
// positions being rows x positions of a network; held: [networks, ceil(channels / 32)], see lib/held.wgsl, read where HELD = 1.
@group(0) @binding(0) var<storage, read> z: array<vec4f>;
@group(0) @binding(1) var<storage, read> held: array<u32>;
@group(0) @binding(2) var<storage, read_write> dy: array<vec4f>;
struct ActivationGradient { networks: u32, positions: u32, channels: u32, parts: u32, alpha: f32, beta: f32 }
@group(1) @binding(0) var<uniform> size: ActivationGradient;
const ACTIVATION = 0u;
const FROM_OUTPUT = 0u;
const HELD = 0u;
// Positions a thread.
const RUN = 4u;
const WORKGROUP = 64u;
// include: lib/activation.wgsl
// include: lib/activation-output.wgsl
// include: lib/held.wgsl
// include: lib/lanes.wgsl

fn slopeAt(at: u32) -> vec4f {
  if (ACTIVATION == 0u) { return vec4f(1.0); }
  if (FROM_OUTPUT == 1u) { return slopeFromOutput(ACTIVATION, z[at], size.alpha, size.beta); }
  return slope(ACTIVATION, z[at], size.alpha, size.beta);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let channels4 = (size.channels + 3u) / 4u;
  let slot = index / channels4;
  let network = slot / size.parts;
  if (network >= size.networks) { return; }
  let c = index - slot * channels4;
  var still = vec4<bool>();
  if (HELD == 1u) { still = heldLanes(held[network * ((size.channels + 31u) / 32u) + c / 8u], c); }
  if (ACTIVATION == 0u && !any(still)) { return; }
  let first = (slot - network * size.parts) * RUN;
  let stop = min(first + RUN, size.positions);
  var at = (network * size.positions + first) * channels4 + c;
  for (var p = first; p < stop; p++) {
    dy[at] = select(keepLanes(dy[at] * slopeAt(at), c * 4u, size.channels), vec4f(0.0), still);
    at += channels4;
  }
}
