// Told by the bits: WGSL lets a compiler take it that no float is NaN (15.7.2), so that it may fold x != x to false, and an
// ordered comparison negated to its opposite.
fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

fn isNan4(x: vec4f) -> vec4<bool> { return (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }
