// y[i] += x[i], vec4 by vec4: gradients that reach a tensor by more than one way are added in the order of the dispatches.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
struct Accumulate { vectors: u32 }
@group(1) @binding(0) var<uniform> size: Accumulate;
// vec4s a thread, a workgroup apart.
const RUN = 4u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let first = (group.y * groups.x + group.x) * WORKGROUP * RUN + thread;
  for (var i = 0u; i < RUN; i++) { // unroll
    let at = first + i * WORKGROUP;
    if (at < size.vectors) { y[at] += x[at]; }
  }
}
