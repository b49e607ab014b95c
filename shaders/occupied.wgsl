// Where a batch differs from its background, as bits for sparse products. x: [groups, rows, vectors] in vec4s.
// OF = 0: of each stretch of SPAN rows the vectors at which one of them differs: bits: [groups, stretches, ceil(vectors / 32)].
// OF = 1: of each square of SPAN vectors the rows that differ there: bits: [groups, squares, ceil(rows / 32)].
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> bits: array<u32>;
// include: lib/sparse-parameters.wgsl
const OF = 0u;
const SPAN = 16u;
const WORKGROUP = 8u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let along = select(size.vectors, size.rows, OF == 0u);
  let length = select(size.rows, size.vectors, OF == 0u);
  let stretches = (along + SPAN - 1u) / SPAN;
  let words = (length + 31u) / 32u;
  let stretch = index / words;
  let network = stretch / stretches;
  if (network >= size.groups) { return; }
  let first = (index - stretch * words) * 32u;
  let place = stretch - network * stretches;
  let xAt = network * size.rows * size.vectors;
  let background = vec4f(size.background);
  let firstVector = place + place / size.line4 * size.line4 * (SPAN - 1u);
  var word = 0u;
  for (var k = first; k < min(first + 32u, length); k++) {
    var differs = false;
    for (var s = 0u; s < SPAN; s++) {
      var at = min(place * SPAN + s, size.rows - 1u) * size.vectors + k;
      if (OF == 1u) { at = k * size.vectors + min(firstVector + s * size.line4, size.vectors - 1u); }
      differs = differs | any(x[xAt + at] != background);
    }
    word |= select(0u, 1u, differs) << (k - first);
  }
  bits[index] = word;
}
