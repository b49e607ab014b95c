// profile[part, i, k, c] over the positions of a part of image i, in order: k = 0 the sum of a, 1 the sum of a squared, 2 the
// greatest a, 3 how many are 0. The host joins the parts; one without positions has LOWEST for its greatest.
// a: [images, positions, channels4]; profile: [parts, images, 4, channels4], in vec4s.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> profile: array<vec4f>;
struct ChannelProfile { images: u32, positions: u32, channels4: u32, parts: u32, partSize: u32 }
@group(1) @binding(0) var<uniform> size: ChannelProfile;
const LOWEST = -3.402823e38;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let slot = index / size.channels4;
  let part = slot / size.images;
  if (part >= size.parts) { return; }
  let c = index - slot * size.channels4;
  let image = slot - part * size.images;
  var sum = vec4f(0.0);
  var squares = vec4f(0.0);
  var greatest = vec4f(LOWEST);
  var zeros = vec4f(0.0);
  for (var p = part * size.partSize; p < min(size.positions, (part + 1u) * size.partSize); p++) {
    let value = a[(image * size.positions + p) * size.channels4 + c];
    sum += value;
    squares += value * value;
    greatest = max(greatest, value);
    zeros += select(vec4f(0.0), vec4f(1.0), value == vec4f(0.0));
  }
  let to = slot * 4u * size.channels4 + c;
  profile[to] = sum;
  profile[to + size.channels4] = squares;
  profile[to + 2u * size.channels4] = greatest;
  profile[to + 3u * size.channels4] = zeros;
}
