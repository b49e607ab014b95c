/** Exact t-SNE in float64, straight from van der Maaten and Hinton (2008): what the kernels must come to. */

/** [points, points]: squared distances of the rows of x, [points, dims]. */
export function squaredDistances(x: ArrayLike<number>, points: number, dims: number): Float64Array {
  const distances = new Float64Array(points * points);
  for (let i = 0; i < points; i++) {
    for (let j = 0; j < points; j++) {
      let sum = 0;
      for (let k = 0; k < dims; k++) sum += (x[i * dims + k]! - x[j * dims + k]!) ** 2;
      distances[i * points + j] = sum;
    }
  }
  return distances;
}

/** p(j | i) of a row of distances, itself left out, at a beta; and their entropy in nats. */
export function conditional(distances: Float64Array, i: number, beta: number) {
  const nearest = Math.min(...distances.filter((_, j) => j !== i));
  const weights = distances.map((d, j) => (j === i ? 0 : Math.exp(-beta * (d - nearest))));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const p = weights.map((weight) => weight / sum);
  const entropy = -p.reduce((total, share) => total + (share > 0 ? share * Math.log(share) : 0), 0);
  return { p, entropy, sum, nearest };
}

/** The beta at which the entropy of a row is the logarithm of the perplexity. */
export function bandwidth(distances: Float64Array, i: number, perplexity: number): number {
  let [low, high] = [0, Number.POSITIVE_INFINITY];
  let beta = 1;
  for (let step = 0; step < 100; step++) {
    if (conditional(distances, i, beta).entropy > Math.log(perplexity)) low = beta;
    else high = beta;
    beta = high === Number.POSITIVE_INFINITY ? 2 * low : (low + high) / 2;
  }
  return beta;
}

/** [points, points]: (p(j | i) + p(i | j)) / (2 points). */
export function affinities(distances: Float64Array, points: number, perplexity: number): Float64Array {
  const joint = new Float64Array(points * points);
  for (let i = 0; i < points; i++) {
    const row = distances.subarray(i * points, (i + 1) * points);
    const { p } = conditional(row, i, bandwidth(row, i, perplexity));
    for (let j = 0; j < points; j++) {
      joint[i * points + j]! += p[j]! / (2 * points);
      joint[j * points + i]! += p[j]! / (2 * points);
    }
  }
  return joint;
}

/** A map under way. Each array [points, 2]. */
export interface TsneState {
  readonly y: Float64Array;
  readonly velocity: Float64Array;
  readonly gain: Float64Array;
}

/** The parts of the gradient, [points, 2] each, and each point's share of Z. */
export function forces(p: Float64Array, y: Float64Array, points: number) {
  const attraction = new Float64Array(2 * points);
  const repulsion = new Float64Array(2 * points);
  const z = new Float64Array(points);
  for (let i = 0; i < points; i++) {
    const [hereX, hereY] = [y[2 * i]!, y[2 * i + 1]!];
    let [pullX, pullY, pushX, pushY, near] = [0, 0, 0, 0, -1];
    for (let j = 0; j < points; j++) {
      const dx = hereX - y[2 * j]!;
      const dy = hereY - y[2 * j + 1]!;
      const w = 1 / (1 + dx * dx + dy * dy);
      const pull = p[i * points + j]! * w;
      const push = w * w;
      pullX += pull * dx;
      pullY += pull * dy;
      pushX += push * dx;
      pushY += push * dy;
      near += w;
    }
    attraction[2 * i] = pullX;
    attraction[2 * i + 1] = pullY;
    repulsion[2 * i] = pushX;
    repulsion[2 * i + 1] = pushY;
    z[i] = near;
  }
  return { attraction, repulsion, z };
}

/** One step of descent, in place. */
export function descend(
  p: Float64Array,
  { y, velocity, gain }: TsneState,
  settings: { readonly exaggeration: number; readonly momentum: number; readonly rate: number },
): void {
  const { attraction, repulsion, z } = forces(p, y, y.length / 2);
  const total = z.reduce((sum, near) => sum + near, 0);
  for (let at = 0; at < y.length; at++) {
    const gradient = 4 * (settings.exaggeration * attraction[at]! - repulsion[at]! / total);
    const onward = Math.sign(gradient) * Math.sign(velocity[at]!) < 0;
    gain[at] = Math.max(0.01, onward ? gain[at]! + 0.2 : gain[at]! * 0.8);
    velocity[at] = settings.momentum * velocity[at]! - settings.rate * gain[at]! * gradient;
    y[at]! += velocity[at]!;
  }
}

/** Sum of p log(p / q), in nats. */
export function divergence(p: Float64Array, y: Float64Array, points: number): number {
  const total = forces(p, y, points).z.reduce((sum, near) => sum + near, 0);
  let sum = 0;
  for (let i = 0; i < points; i++) {
    for (let j = 0; j < points; j++) {
      const share = p[i * points + j]!;
      const w = 1 / (1 + (y[2 * i]! - y[2 * j]!) ** 2 + (y[2 * i + 1]! - y[2 * j + 1]!) ** 2);
      if (share > 0) sum += share * Math.log((share * total) / w);
    }
  }
  return sum;
}
