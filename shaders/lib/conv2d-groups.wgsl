// Groups of channels that a convolution computes apart.
const GROUPS = 1u;
// Channels of a group where they are not whole vec4s; 0: they are.
const GROUP_IN = 0u;
const GROUP_OUT = 0u;

// For four output channels from 4 `column4`: input channel `depth` of each one's own group; 0 in the padding.
fn loadGrouped(rowAt: u32, column: i32, column4: u32, depth: u32) -> vec4f {
  let at = (rowAt + min(u32(column), size.width - 1u)) * size.inChannels4;
  var value = vec4f(0.0);
  for (var lane = 0u; lane < 4u; lane++) { // unroll
    let channel = min((column4 * 4u + lane) / max(GROUP_OUT, 1u), GROUPS - 1u) * GROUP_IN + depth;
    value[lane] = x[at + channel / 4u][channel % 4u];
  }
  return select(vec4f(0.0), value, u32(column) < size.width);
}
