/**
 * Exact t-SNE in plain JavaScript, arithmetic in float64, each pair of points once: what a page without a GPU would do. Its
 * probabilities are kept in float32, so that both sides read as many bytes.
 */

/** [points, points]: t-SNE's probabilities of scores [points, dims]. */
export function affinities(scores: Float32Array, points: number, dims: number, perplexity: number): Float32Array {
  const joint = new Float32Array(points * points);
  const distances = new Float64Array(points);
  const weights = new Float64Array(points);
  for (let i = 0; i < points; i++) {
    let nearest = Number.POSITIVE_INFINITY;
    for (let j = 0; j < points; j++) {
      let squares = 0;
      for (let k = 0; k < dims; k++) squares += (scores[i * dims + k]! - scores[j * dims + k]!) ** 2;
      distances[j] = squares;
      if (j !== i) nearest = Math.min(nearest, squares);
    }
    let [beta, low, high, sum] = [1, 0, 0, 0];
    for (let step = 0; step < 40; step++) {
      beta = high === 0 ? (low === 0 ? 1 : 2 * low) : (low + high) / 2;
      let moment = 0;
      sum = 0;
      for (let j = 0; j < points; j++) {
        const exponent = beta * (distances[j]! - nearest);
        const weight = j === i ? 0 : Math.exp(-exponent);
        weights[j] = weight;
        sum += weight;
        moment += weight * exponent;
      }
      if (Math.log(sum) + moment / sum > Math.log(perplexity)) low = beta;
      else high = beta;
    }
    for (let j = 0; j < points; j++) {
      const half = weights[j]! / sum / (2 * points);
      joint[i * points + j]! += half;
      joint[j * points + i]! += half;
    }
  }
  return joint;
}

/** A map and its state, [points, 2] each. */
export class JsTsne {
  readonly y: Float64Array;
  readonly #p: Float32Array;
  readonly #velocity: Float64Array;
  readonly #gain: Float64Array;
  readonly #attraction: Float64Array;
  readonly #repulsion: Float64Array;

  constructor(p: Float32Array, initial: Float32Array) {
    this.#p = p;
    this.y = Float64Array.from(initial);
    this.#velocity = new Float64Array(initial.length);
    this.#gain = new Float64Array(initial.length).fill(1);
    this.#attraction = new Float64Array(initial.length);
    this.#repulsion = new Float64Array(initial.length);
  }

  step(exaggeration: number, momentum: number, rate: number): void {
    const total = this.#sumForces();
    for (let at = 0; at < this.y.length; at++) {
      const gradient = 4 * (exaggeration * this.#attraction[at]! - this.#repulsion[at]! / total);
      const onward = gradient * this.#velocity[at]! < 0;
      this.#gain[at] = Math.max(0.01, onward ? this.#gain[at]! + 0.2 : this.#gain[at]! * 0.8);
      this.#velocity[at] = momentum * this.#velocity[at]! - rate * this.#gain[at]! * gradient;
      this.y[at]! += this.#velocity[at]!;
    }
  }

  /** Fills attraction and repulsion; the sum of all w. */
  #sumForces(): number {
    const { y } = this;
    const p = this.#p;
    const attraction = this.#attraction.fill(0);
    const repulsion = this.#repulsion.fill(0);
    const points = y.length / 2;
    let total = 0;
    for (let i = 0; i < points; i++) {
      const [x0, y0] = [y[2 * i]!, y[2 * i + 1]!];
      let [pullX, pullY, pushX, pushY] = [0, 0, 0, 0];
      for (let j = i + 1; j < points; j++) {
        const dx = x0 - y[2 * j]!;
        const dy = y0 - y[2 * j + 1]!;
        const w = 1 / (1 + dx * dx + dy * dy);
        const pull = p[i * points + j]! * w;
        const push = w * w;
        pullX += pull * dx;
        pullY += pull * dy;
        pushX += push * dx;
        pushY += push * dy;
        attraction[2 * j]! -= pull * dx;
        attraction[2 * j + 1]! -= pull * dy;
        repulsion[2 * j]! -= push * dx;
        repulsion[2 * j + 1]! -= push * dy;
        total += 2 * w;
      }
      attraction[2 * i]! += pullX;
      attraction[2 * i + 1]! += pullY;
      repulsion[2 * i]! += pushX;
      repulsion[2 * i + 1]! += pushY;
    }
    return total;
  }
}
