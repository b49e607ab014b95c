// m[i, j][t, o] = (A g A^T)[i, j], g the gradient by output tile t, 0 beyond the edges: every tile of TILE x TILE outputs of
// the rows firstRow .. firstRow + rows. dy: [rows, height, width, channels4]; m: [POINTS^2, tiles, channels4], in vec4s.
@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> m: array<vec4f>;
struct WinogradGradient {
  firstRow: u32,
  rows: u32,
  height: u32,
  width: u32,
  channels4: u32,
  tilesDown: u32,
  tilesAcross: u32,
}
@group(1) @binding(0) var<uniform> size: WinogradGradient;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let tile = index / size.channels4;
  let channel = index - tile * size.channels4;
  let tilesOfRow = size.tilesDown * size.tilesAcross;
  let tiles = size.rows * tilesOfRow;
  if (tile >= tiles) { return; }
  let row = tile / tilesOfRow;
  let inRow = tile - row * tilesOfRow;
  let down = inRow / size.tilesAcross;
  let top = down * TILE;
  let left = (inRow - down * size.tilesAcross) * TILE;
  let origin = (size.firstRow + row) * size.height * size.width;

  var lines: array<InputLine, TILE>;
  for (var i = 0u; i < TILE; i++) { // unroll
    let y = top + i;
    let at = (origin + min(y, size.height - 1u) * size.width) * size.channels4 + channel;
    var g: OutputLine;
    for (var j = 0u; j < TILE; j++) { // unroll
      let column = left + j;
      let value = dy[at + min(column, size.width - 1u) * size.channels4];
      g[j] = select(vec4f(0.0), value, (y < size.height) & (column < size.width));
    }
    lines[i] = transformGradient(g);
  }
  let stride = tiles * size.channels4;
  for (var j = 0u; j < POINTS; j++) { // unroll
    var g: OutputLine;
    for (var i = 0u; i < TILE; i++) { // unroll
      g[i] = lines[i][j];
    }
    let column = transformGradient(g);
    for (var i = 0u; i < POINTS; i++) { // unroll
      m[(i * POINTS + j) * stride + index] = column[i];
    }
  }
}
