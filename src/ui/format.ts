/** How the lab writes numbers: one place, so that a count or a share looks the same wherever it stands. */

const whole = new Intl.NumberFormat("en");
const MINUS = "\u2212";

/** 10000 as "10,000". */
export function count(value: number): string {
  return whole.format(value);
}

/** A share as per cent with two digits, without the sign: 0.9464 as "94.64". */
export function percent(share: number): string {
  return (share * 100).toFixed(2);
}

/** Percentage points with a sign and a true minus: 47.87 as "+47.87", -0.3 as "−0.30", 0 as "0.00". */
export function signed(points: number, digits = 2): string {
  const text = Math.abs(points).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${points < 0 ? MINUS : "+"}${text}`;
}

/** A number of something with an SI prefix: 1234567 as "1.23 M". */
export function short(value: number): string {
  const prefixes = ["", " k", " M", " G", " T", " P"];
  const rank = value < 1000 ? 0 : Math.min(prefixes.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** rank;
  return `${rank === 0 ? whole.format(Math.round(value * 10) / 10) : scaled.toPrecision(3)}${prefixes[rank]}`;
}

/** Bytes with a binary prefix: 1536 as "1.5 KiB". */
export function bytes(sizeBytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const rank = sizeBytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(sizeBytes) / 10));
  const scaled = sizeBytes / 1024 ** rank;
  return `${rank === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[rank]}`;
}

/** A duration: "0.42 s", "12 s", "3 min 05 s", "2 h 10 min". */
export function duration(elapsedMs: number): string {
  const seconds = elapsedMs / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(seconds < 0.995 ? 2 : 1)} s`;
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3600) return `${Math.floor(rounded / 60)} min ${String(rounded % 60).padStart(2, "0")} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
