/** Numbers as people read them. */

/** "1,234,567" */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** "850 ms", "12.3 s", "4 min 05 s", "2 h 03 min" */
export function duration(milliseconds: number): string {
  if (Math.round(milliseconds) < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const two = (value: number) => String(value).padStart(2, "0");
  return minutes < 60
    ? `${minutes} min ${two(whole % 60)} s`
    : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Bytes in binary multiples: "312 B", "1.5 MiB" */
export function bytes(count: number): string {
  return scaled(count, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
}

/** Multiply-accumulates in decimal multiples: "15.9 kMAC", "33.4 GMAC" */
export function macs(count: number): string {
  return scaled(count, 1000, ["MAC", "kMAC", "MMAC", "GMAC", "TMAC", "PMAC"]);
}

/** A count in decimal multiples: "312", "15.9 k", "33.4 G" */
export function counted(count: number): string {
  return scaled(count, 1000, ["", "k", "M", "G", "T", "P"]).trimEnd();
}

/** A ratio: "9.3 times", "147 times" */
export function times(ratio: number): string {
  return `${ratio >= 100 ? grouped(ratio) : ratio.toFixed(1)} times`;
}

function scaled(count: number, base: number, names: readonly string[]): string {
  let value = count;
  let step = 0;
  while (value >= base && step < names.length - 1) {
    value /= base;
    step++;
  }
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${names[step]}`;
}
