// A thread computes POSITIONS neighbouring outputs of one row. The input columns that they read lie SPACING apart, and
// most are read by several: so SPAN columns are loaded once for TAPS columns of the kernel. Output p reads for tap t the
// column p HOP + t TAP_HOP of the span. Where spans would be mostly gaps (wide dilations), SEGMENTS spans of one tap each.
const POSITIONS = 4u;
const SPAN = 6u;
const SPACING = 1u;
const HOP = 1u;
const TAP_HOP = 1u;
const TAPS = 3u;
const SEGMENTS = 1u;

// Four channels of input column `column` of the row that begins at position `rowAt`; 0 in the padding. Negative columns
// are large ones as u32: one comparison, and no branch, as && would be; dozens of those take a compiler minutes.
fn loadColumn(rowAt: u32, column: i32, channel4: u32) -> vec4f {
  let at = rowAt + min(u32(column), size.width - 1u);
  return select(vec4f(0.0), x[at * size.inChannels4 + channel4], u32(column) < size.width);
}
