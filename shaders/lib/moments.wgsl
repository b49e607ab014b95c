// Mean of `count` numbers and the sum of their squared deviations from it, of four channels at once.
struct Moments { count: f32, mean: vec4f, deviations: vec4f }

// Those of both sets together (Chan, Golub and LeVeque 1979): nothing of the size of the mean is squared, so nothing cancels.
fn mergeMoments(a: Moments, b: Moments) -> Moments {
  let count = a.count + b.count;
  let share = b.count / max(count, 1.0);
  let delta = b.mean - a.mean;
  return Moments(count, a.mean + delta * share, a.deviations + b.deviations + delta * delta * (a.count * share));
}

// Positions of the part that begins at `start`: partSize, or what is left of them.
fn partCount(start: u32, partSize: u32, positions: u32) -> f32 {
  return f32(min(start + partSize, positions) - min(start, positions));
}
