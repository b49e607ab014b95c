/** Scales of axes: from values to pixels, and to round ticks. Pure numbers, so that a figure can be tested without eyes. */
import { fixed } from "../numbers.ts";
import type { Axis } from "../report.ts";
import { textWidth } from "./svg.ts";

export interface Scale {
  (value: number): number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

/** About so many ticks an axis. */
const TICKS = 6;
/** Digits after the point; smaller steps are written with powers of ten. */
const MOST_DIGITS = 6;
/** Pixels between the labels of an axis of names. */
const GAP = 8;
/** What a turned label needs: its height, and a little. */
const TURNED_WIDTH = 15;

/** The scale of an axis over `range` (pixels) on which all values lie; its ends are ticks, but of names and tight axes. */
export function scaleOf(axis: Axis, values: readonly number[], range: readonly [number, number]): Scale {
  if (axis.names !== undefined) return nameScale(axis.names, range);
  const all = [...values, ...(axis.include ?? [])].filter(Number.isFinite);
  return axis.log === true ? logScale(all, range) : linearScale(axis, all, range);
}

function linearScale({ whole, tight }: Axis, values: readonly number[], range: readonly [number, number]): Scale {
  let [least, most] = extremes(values);
  if (isNarrow(least, most)) [least, most] = [Math.min(0, least), Math.max(0, most)];
  if (isNarrow(least, most)) [least, most] = [0, 1];
  const step = Math.max(whole === true ? 1 : 0, niceStep((most - least) / TICKS));
  const [below, above] = [Math.floor(least / step + 1e-9), Math.ceil(most / step - 1e-9)];
  const domain = tight === true ? ([least, most] as const) : ([below * step, above * step] as const);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = Array.from({ length: above - below + 1 }, (_, i) => Number(((below + i) * step).toPrecision(12)))
    .filter((value) => value >= domain[0] - 1e-9 * step && value <= domain[1] + 1e-9 * step)
    .map((value) => ({ value, label: digits > MOST_DIGITS ? String(value) : fixed(value, digits) }));
  return Object.assign(line(domain, range), { ticks });
}

/** Whether values are all the same, or so close that no ticks can tell them apart. */
const isNarrow = (least: number, most: number) =>
  most - least <= 1e-9 * Math.max(Math.abs(least), Math.abs(most), 1e-290);

function logScale(values: readonly number[], range: readonly [number, number]): Scale {
  const logs = values.filter((value) => value > 0).map(Math.log10);
  const [least, most] = logs.length === 0 ? [-1, 0] : extremes(logs);
  const [low, high] = [Math.floor(least), Math.max(Math.ceil(most), Math.floor(least) + 1)];
  const step = Math.ceil((high - low) / TICKS);
  const place = line([low, high], range);
  const ticks = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => {
    const power = low + i * step;
    return {
      value: 10 ** power,
      label: Math.abs(power) > 3 ? `1e${power}` : String(Number((10 ** power).toPrecision(1))),
    };
  });
  const scale = (value: number) => place(value > 0 ? Math.max(low, Math.log10(value)) : low);
  return Object.assign(scale, { ticks });
}

/** Names at 0, 1, 2, ...; where they are too many for the range, every other, third, ... is written. */
function nameScale(names: readonly string[], range: readonly [number, number]): Scale {
  const last = Math.max(1, names.length - 1);
  const place = line([-0.4, last + 0.4], range);
  const every = Math.max(1, Math.ceil((TURNED_WIDTH * names.length) / Math.abs(range[1] - range[0])));
  const ticks = names.flatMap((label, value) => (value % every === 0 ? [{ value, label }] : []));
  return Object.assign(place, { ticks });
}

/** Whether labels of a horizontal axis would run into each other unless they are turned. */
export function isCrowded(scale: Scale): boolean {
  return scale.ticks.some(({ value, label }, i) => {
    const next = scale.ticks[i + 1];
    if (next === undefined) return false;
    return scale(next.value) - scale(value) < (textWidth(label) + textWidth(next.label)) / 2 + GAP;
  });
}

function line([low, high]: readonly [number, number], [from, to]: readonly [number, number]) {
  const slope = (to - from) / (high - low);
  return (value: number) => from + (value - low) * slope;
}

/** The least 1, 2 or 5 times a power of ten that is no smaller. */
function niceStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((step) => step * power >= value * (1 - 1e-9)) ?? 10) * power;
}

function extremes(values: readonly number[]): [least: number, most: number] {
  if (values.length === 0) return [0, 1];
  return values.reduce<[number, number]>(
    ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}
