// Standard normal by Box and Muller (1958) from the hash of (seed, unit, sample).
// include: hash.wgsl

fn normal(seed: u32, unit: u32, sample: u32) -> f32 {
  let first = pcg(pcg(pcg(seed) + unit) + sample);
  let radius = sqrt(-2.0 * log((f32(first >> 8u) + 0.5) / 16777216.0));
  return radius * cos(6.283185307 * (f32(pcg(first) >> 8u) / 16777216.0));
}
