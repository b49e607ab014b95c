// y[r, p, c] = replaced[i, p, c] where c is a unit of the row's mask, else a[i, p, c]: what rows see of a damaged layer, for the
// operations that cannot be entered by differences. rows[r] = (image i, mask); masks: [masks, maskWords] bits; unit u is channel
// channelStart + u. a, replaced: [images, positions, channels4]; y: [rows, positions, channels4], in vec4s.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> replaced: array<vec4f>;
@group(0) @binding(2) var<storage, read> masks: array<u32>;
@group(0) @binding(3) var<storage, read> rows: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
struct Select { rows: u32, positions: u32, channels4: u32, channelStart: u32, units: u32, maskWords: u32 }
@group(1) @binding(0) var<uniform> size: Select;
const WORKGROUP = 64u;

fn isMasked(mask: u32, channel: u32) -> bool {
  let unit = channel - size.channelStart;
  if (unit >= size.units) { return false; }
  return ((masks[mask * size.maskWords + unit / 32u] >> (unit % 32u)) & 1u) == 1u;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let position = index / size.channels4;
  let row = position / size.positions;
  if (row >= size.rows) { return; }
  let channel = (index - position * size.channels4) * 4u;
  let at = (rows[row].x * size.positions + position - row * size.positions) * size.channels4 + channel / 4u;
  var value = a[at];
  let other = replaced[at];
  for (var i = 0u; i < 4u; i++) { // unroll
    if (isMasked(rows[row].y, channel + i)) { value[i] = other[i]; }
  }
  y[index] = value;
}
