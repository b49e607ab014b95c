// u[i, j][c, o] = (G g G^T)[i, j], g the 3 x 3 filter from input channel c to output channel o.
// weight: [3, 3, inChannels, outChannels4]; u: [POINTS^2, inChannels, outChannels4], in vec4s; pairs = inChannels outChannels4.
@group(0) @binding(0) var<storage, read> weight: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> u: array<vec4f>;
struct WinogradFilter { pairs: u32 }
@group(1) @binding(0) var<uniform> size: WinogradFilter;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (index >= size.pairs) { return; }
  var lines: array<InputLine, 3>;
  for (var i = 0u; i < 3u; i++) { // unroll
    let at = i * 3u * size.pairs + index;
    lines[i] = transformFilter(FilterLine(weight[at], weight[at + size.pairs], weight[at + 2u * size.pairs]));
  }
  for (var j = 0u; j < POINTS; j++) { // unroll
    let column = transformFilter(FilterLine(lines[0][j], lines[1][j], lines[2][j]));
    for (var i = 0u; i < POINTS; i++) { // unroll
      u[(i * POINTS + j) * size.pairs + index] = column[i];
    }
  }
}
