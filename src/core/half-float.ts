/** The 16-bit floating-point formats that files keep weights and arrays in. They widen to f32 without rounding. */

/** IEEE 754 half precision: 1 sign, 5 exponent and 10 fraction bits. */
export function halfToFloat(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The bits of the half-precision number nearest to `value`, the even one of two. */
export function floatToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  const exponent = Math.max(-14, Math.min(16, Math.floor(Math.log2(size))));
  // 1024 steps to each power of two; a fraction of 1024 or more, or one rounded up to 2048, adds to the exponent.
  const steps = size * 2 ** (10 - exponent);
  const whole = Math.floor(steps);
  const rest = steps - whole;
  const fraction = whole + (rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? 1 : 0);
  return sign | Math.min(0x7c00, (exponent + 14) * 1024 + fraction);
}

/** bfloat16: the upper half of an f32. `bits` are many of them; the result has as many floats. */
export function bfloatsToFloats(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
}
