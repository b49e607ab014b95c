// v[i, j][t, c] = (B^T d B)[i, j], d the inputs of output tile t, padded with zeros: every tile of TILE x TILE outputs of the
// rows firstRow .. firstRow + rows. x: [rows, height, width, channels4]; v: [POINTS^2, tiles, channels4], in vec4s.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> v: array<vec4f>;
struct WinogradInput {
  firstRow: u32,
  rows: u32,
  height: u32,
  width: u32,
  channels4: u32,
  tilesDown: u32,
  tilesAcross: u32,
  padTop: u32,
  padLeft: u32,
}
@group(1) @binding(0) var<uniform> size: WinogradInput;
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
  // Places before the first wrap around and so are beyond the last: one comparison an axis, and no branches.
  let top = down * TILE - size.padTop;
  let left = (inRow - down * size.tilesAcross) * TILE - size.padLeft;
  let origin = (size.firstRow + row) * size.height * size.width;

  var lines: array<InputLine, POINTS>;
  for (var i = 0u; i < POINTS; i++) { // unroll
    let y = top + i;
    let at = (origin + min(y, size.height - 1u) * size.width) * size.channels4 + channel;
    var d: InputLine;
    for (var j = 0u; j < POINTS; j++) { // unroll
      let column = left + j;
      let value = x[at + min(column, size.width - 1u) * size.channels4];
      d[j] = select(vec4f(0.0), value, (y < size.height) & (column < size.width));
    }
    lines[i] = transformInput(d);
  }
  let stride = tiles * size.channels4;
  for (var j = 0u; j < POINTS; j++) { // unroll
    var d: InputLine;
    for (var i = 0u; i < POINTS; i++) { // unroll
      d[i] = lines[i][j];
    }
    let column = transformInput(d);
    for (var i = 0u; i < POINTS; i++) { // unroll
      v[(i * POINTS + j) * stride + index] = column[i];
    }
  }
}
