// dw[i, j][c, o] = (G^T (sum over p of u[p][.., ..][c, o]) G)[i, j], u the gradient by the transformed filters in parts, which
// are added in their order. u: [parts, POINTS^2, inChannels, outChannels4]; dw: [3, 3, inChannels, outChannels4], in vec4s;
// pairs = inChannels outChannels4.
@group(0) @binding(0) var<storage, read> u: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dw: array<vec4f>;
struct WinogradFilterGradient { pairs: u32, parts: u32 }
@group(1) @binding(0) var<uniform> size: WinogradFilterGradient;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (index >= size.pairs) { return; }
  var lines: array<FilterLine, POINTS>;
  for (var i = 0u; i < POINTS; i++) { // unroll
    var sum: InputLine;
    for (var part = 0u; part < size.parts; part++) {
      let at = (part * POINTS_SQUARED + i * POINTS) * size.pairs + index;
      for (var j = 0u; j < POINTS; j++) { // unroll
        sum[j] += u[at + j * size.pairs];
      }
    }
    lines[i] = transformFilterGradient(sum);
  }
  for (var j = 0u; j < 3u; j++) { // unroll
    var line: InputLine;
    for (var i = 0u; i < POINTS; i++) { // unroll
      line[i] = lines[i][j];
    }
    let column = transformFilterGradient(line);
    for (var i = 0u; i < 3u; i++) { // unroll
      dw[(i * 3u + j) * size.pairs + index] = column[i];
    }
  }
}
