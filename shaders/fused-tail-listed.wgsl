// The fused tail for the samples that a mask touches alone: those on which no masked unit moves keep the intact
// network's outcome, exactly, and are not visited. Operands as in fused-tail.wgsl, unit-major over single samples.
// list: where each mask's samples begin (masks + 1 numbers), then the samples, ascending, then the tiles: mask and first
// group of four of each workgroup, because on a processor a workgroup without work takes as long as one with.
@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> displacement: array<f32>;
@group(0) @binding(2) var<storage, read> entryWeight: array<f32>;
@group(0) @binding(3) var<storage, read> last: array<f32>;
@group(0) @binding(4) var<storage, read> truth: array<u32>;
@group(0) @binding(5) var<storage, read> program: array<u32>;
@group(0) @binding(6) var<storage, read_write> tally: array<atomic<u32>>;
@group(0) @binding(7) var<storage, read> list: array<u32>;
// include: lib/activation.wgsl
// include: lib/nan.wgsl
// include: lib/tally.wgsl

fn tileOf(index: u32, group: vec3u) -> vec2u {
  if (index >= size.tiles) { return vec2u(0xffffffffu, 0u); }
  return vec2u(list[size.tileStart + 2u * index], list[size.tileStart + 2u * index + 1u]);
}
// A place is four samples by number.
alias Place = vec4u;
fn slots(mask: u32, slot: u32) -> vec4u { return vec4u(list[mask] + slot * 4u) + vec4u(0u, 1u, 2u, 3u); }
fn inRange(mask: u32, slot: u32) -> bool { return list[mask] + slot * 4u < list[mask + 1u]; }
fn placeAt(mask: u32, slot: u32) -> Place {
  let at = min(slots(mask, slot), vec4u(list[mask + 1u] - 1u));
  return vec4u(list[at.x], list[at.y], list[at.z], list[at.w]);
}
fn preActivation(j: u32, place: Place) -> vec4f {
  let at = vec4u(j * size.stride4 * 4u) + place;
  return vec4f(z[at.x], z[at.y], z[at.z], z[at.w]);
}
fn displacementAt(unit: u32, place: Place) -> vec4f {
  let at = vec4u(unit * size.stride4 * 4u) + place;
  return vec4f(displacement[at.x], displacement[at.y], displacement[at.z], displacement[at.w]);
}
fn truthAt(place: Place) -> vec4u { return vec4u(truth[place.x], truth[place.y], truth[place.z], truth[place.w]); }
fn sampleAt(place: Place) -> vec4u { return place; }
fn isSample(mask: u32, slot: u32) -> vec4<bool> { return slots(mask, slot) < vec4u(list[mask + 1u]); }
// include: lib/fused-tail.wgsl
