// moved[u, n / 32] bit n % 32 = 1 where replacing channel u moves its activation anywhere on image n: a' differs from a at some
// position. a, replaced: [images, positions, channels4] in vec4s; moved: [4 channels4, words], zero before.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> replaced: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> moved: array<atomic<u32>>;
struct Moved { images: u32, positions: u32, channels4: u32, words: u32 }
@group(1) @binding(0) var<uniform> size: Moved;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let image = index / size.channels4;
  if (image >= size.images) { return; }
  let channel = index - image * size.channels4;
  var found = vec4<bool>(false);
  for (var p = 0u; p < size.positions; p++) {
    let at = (image * size.positions + p) * size.channels4 + channel;
    found = found | (a[at] != replaced[at]);
    if (all(found)) { break; }
  }
  for (var i = 0u; i < 4u; i++) {
    if (found[i]) { atomicOr(&moved[(channel * 4u + i) * size.words + image / 32u], 1u << (image % 32u)); }
  }
}
