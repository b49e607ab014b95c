/** Test support: the PCG hash of Jarzynski and Olano 2020 (shaders/lib/hash.wgsl), of a number modulo 2^32. */
export function pcg(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}
