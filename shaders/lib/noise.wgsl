// Standard normal by Box and Muller (1958) from the hash of (seed, unit, sample).
// include: hash.wgsl

fn normal(seed: u32, unit: u32, sample: u32) -> f32 {
  let first = pcg(pcg(pcg(seed) + unit) + sample);
  // The quotient may round up to 1, and a logarithm be a little more than it is.
  let radius = sqrt(max(0.0, -2.0 * log((f32(first >> 8u) + 0.5) / 16777216.0)));
  // Between -1/2 and 1/2 turn: of other angles WGSL does not say how exact a cosine is.
  let turn = f32(pcg(first) >> 8u) / 16777216.0;
  return radius * cos(6.283185307 * (turn - floor(turn + 0.5)));
}
