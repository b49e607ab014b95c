// y[n, p, c] = values[n, c] in the channels that network n holds; the others stay. y: [networks, positions, channels4] in
// vec4s, positions being rows x positions of a network; held: [networks, ceil(channels / 32)] bits; values:
// [networks, channels4] in vec4s.
@group(0) @binding(0) var<storage, read> held: array<u32>;
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
struct HoldChannels { networks: u32, positions: u32, channels: u32, parts: u32 }
@group(1) @binding(0) var<uniform> size: HoldChannels;
// Positions a thread.
const RUN = 8u;
const WORKGROUP = 64u;
// include: lib/held.wgsl

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
  let holds = heldLanes(held[network * ((size.channels + 31u) / 32u) + c / 8u], c);
  if (!any(holds)) { return; }
  let value = values[network * channels4 + c];
  let first = (slot - network * size.parts) * RUN;
  let stop = min(first + RUN, size.positions);
  var at = (network * size.positions + first) * channels4 + c;
  for (var p = first; p < stop; p++) {
    y[at] = select(y[at], value, holds);
    at += channels4;
  }
}
