// partial[n, p] = sum of g^2 over the parameters of network n that are not held, of the words (32 parameters each) p,
// p + parts, p + 2 parts ... g: [networks, words, 8] in vec4s; held: [networks, words], see lib/held.wgsl; partial:
// [networks, parts], at the front of its buffer.
@group(0) @binding(0) var<storage, read> g: array<vec4f>;
@group(0) @binding(1) var<storage, read> held: array<u32>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;
struct SquareSums { networks: u32, words: u32, parts: u32 }
@group(1) @binding(0) var<uniform> size: SquareSums;
const WORKGROUP = 64u;
// include: lib/held.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let network = index / size.parts;
  if (network >= size.networks) { return; }
  var sums = vec4f(0.0);
  for (var word = index - network * size.parts; word < size.words; word += size.parts) {
    let place = network * size.words + word;
    let bits = held[place];
    if (bits != 0xffffffffu) {
      for (var i = 0u; i < 8u; i++) { // unroll
        let free = select(g[place * 8u + i], vec4f(0.0), heldLanes(bits, i));
        sums += free * free;
      }
    }
  }
  partial[index] = dot(sums, vec4f(1.0));
}
