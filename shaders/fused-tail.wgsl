// The whole rest of a small network under many masks: for sample n and mask m,
// logits = last(activation(z[n] + sum over masked u of displacement[u, n] entryWeight[u])), then what changed.
// z: [2 WIDTH, stride4], intact and then with all units replaced, and displacement: [units, stride4], each element four
// neighbouring samples; program: where each mask's units begin (bit 31: the units left alone are listed); entryWeight:
// [units, WIDTH]; last: weights [WIDTH, CLASSES], then bias [CLASSES]; truth: [stride4] of four; see lib/tally.wgsl.
@group(0) @binding(0) var<storage, read> z: array<vec4f>;
@group(0) @binding(1) var<storage, read> displacement: array<vec4f>;
@group(0) @binding(2) var<storage, read> entryWeight: array<f32>;
@group(0) @binding(3) var<storage, read> last: array<f32>;
@group(0) @binding(4) var<storage, read> truth: array<vec4u>;
@group(0) @binding(5) var<storage, read> program: array<u32>;
@group(0) @binding(6) var<storage, read_write> tally: array<atomic<u32>>;
// include: lib/activation.wgsl
// include: lib/nan.wgsl
// include: lib/tally.wgsl

// A workgroup's mask, and the first of its groups of four samples.
fn tileOf(index: u32, group: vec3u) -> vec2u { return vec2u(size.maskStart + group.y, group.x * WORKGROUP * PLACES); }
// A place is the index of four neighbouring samples.
alias Place = u32;
fn inRange(mask: u32, slot: u32) -> bool { return slot * 4u < size.samples; }
fn placeAt(mask: u32, slot: u32) -> Place { return min(slot, size.stride4 - 1u); }
fn preActivation(j: u32, place: Place) -> vec4f { return z[j * size.stride4 + place]; }
fn displacementAt(unit: u32, place: Place) -> vec4f { return displacement[unit * size.stride4 + place]; }
fn truthAt(place: Place) -> vec4u { return truth[place]; }
fn sampleAt(place: Place) -> vec4u { return vec4u(place * 4u) + vec4u(0u, 1u, 2u, 3u); }
fn isSample(mask: u32, slot: u32) -> vec4<bool> {
  return vec4u(slot * 4u) + vec4u(0u, 1u, 2u, 3u) < vec4u(size.samples);
}
// include: lib/fused-tail.wgsl
