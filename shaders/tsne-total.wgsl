// totals[t] = sum of z over the parts and the points t, t + TOTALS, t + 2 TOTALS ..., in order: the first of two stages of
// t-SNE's Z, of which each thread of tsne-step.wgsl does the second. forces: [parts, 5, width], z the last of the five, 0
// where there is no point.
@group(0) @binding(0) var<storage, read> forces: array<f32>;
@group(0) @binding(1) var<storage, read_write> totals: array<f32>;
struct TsneTotal { width: u32, parts: u32 }
@group(1) @binding(0) var<uniform> size: TsneTotal;
const TOTALS = 256u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (index >= TOTALS) { return; }
  var total = 0.0;
  for (var part = 0u; part < size.parts; part++) {
    var sum = 0.0;
    for (var i = index; i < size.width; i += TOTALS) {
      sum += forces[(part * 5u + 4u) * size.width + i];
    }
    total += sum;
  }
  totals[index] = total;
}
