/**
 * From a decoded image to a sample: channels picked, short side scaled, centre cut out. Sizes and offsets are
 * torchvision's, so that a network sees what it was trained on: the long side is cut to a whole number, the crop's
 * offsets are rounded, halves to even.
 */
import { LesionError } from "../../core/errors.ts";
import { type Pixels, type Region, resized } from "./resize.ts";

/** How images become samples; see docs/file-formats.md. */
export interface FitOptions {
  /** Length of the short side after scaling, in pixels; null: images stay as they are. */
  readonly resize: number | null;
  /** Side of the square cut from the middle; null: none. */
  readonly crop: number | null;
  /** Order of the channels of a sample. */
  readonly channels: ChannelOrder;
}
export type ChannelOrder = "rgb" | "bgr" | "gray";

/** Most pixels of an image, before and after scaling. */
export const MAX_PIXELS = 1 << 26;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** An image's size once its short side is `resize`, the long side cut to a whole number. */
export function scaledSize({ width, height }: Size, resize: number | null): Size {
  const short = Math.min(width, height);
  if (resize === null || resize === short) return { width, height };
  const long = Math.trunc((resize * Math.max(width, height)) / short);
  return width <= height ? { width: resize, height: long } : { width: long, height: resize };
}

/** The square of side `crop` in the middle of an image; all of it where `crop` is null. */
export function centre({ width, height }: Size, crop: number | null): Region {
  if (crop === null) return { left: 0, top: 0, width, height };
  return { left: halfToEven(width - crop), top: halfToEven(height - crop), width: crop, height: crop };
}

/** n / 2, rounded; halves to the even neighbour. */
function halfToEven(n: number): number {
  const half = Math.floor(n / 2);
  return n % 2 === 0 || half % 2 === 0 ? half : half + 1;
}

/** Shape of the sample that an image of this size gives: [height, width, channels]. Throws `bad-data` where it is too small or too long. */
export function sampleShape(size: Size, { resize, crop, channels }: FitOptions, name: string): number[] {
  const scaled = scaledSize(size, resize);
  const shown = `${name} has ${size.width} x ${size.height} pixels`;
  if (scaled.width * scaled.height > MAX_PIXELS || size.width * size.height > MAX_PIXELS) {
    const most = `at most ${MAX_PIXELS} pixels are read`;
    throw unfit(name, `${shown}, scaled ${scaled.width} x ${scaled.height}; ${most}`, "Leave the image out.");
  }
  if (crop !== null && Math.min(scaled.width, scaled.height) < crop) {
    const after = resize === null ? "" : `, scaled ${scaled.width} x ${scaled.height}`;
    throw unfit(
      name,
      `${shown}${after}; data.crop cuts ${crop} x ${crop} from it`,
      `Set data.resize to ${crop} or more.`,
    );
  }
  const region = centre(scaled, crop);
  return [region.height, region.width, channels === "gray" ? 1 : 3];
}

/** The sample of an image, [height, width, channels] bytes. Throws as `sampleShape`. `rgba` is [height, width, 4]; its alpha does not count. */
export function fitted(rgba: Uint8Array | Uint8ClampedArray, size: Size, options: FitOptions, name: string): Pixels {
  sampleShape(size, options, name);
  const scaled = scaledSize(size, options.resize);
  const region = centre(scaled, options.crop);
  return resizedUnlessSame(picked(rgba, size, options.channels), scaled, region);
}

function resizedUnlessSame(image: Pixels, scaled: Size, region: Region): Pixels {
  const same = scaled.width === image.width && scaled.height === image.height;
  return same ? cut(image, region) : resized(image, scaled.width, scaled.height, region);
}

function cut(image: Pixels, { left, top, width, height }: Region): Pixels {
  if (width === image.width && height === image.height) return image;
  const { channels } = image;
  const values = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels;
    values.set(image.values.subarray(from, from + width * channels), y * width * channels);
  }
  return { width, height, channels, values };
}

/** Channels in order. Gray is ITU-R 601 luma, (19595 R + 38470 G + 7471 B) / 65536, rounded, as Pillow has it. */
function picked(rgba: Uint8Array | Uint8ClampedArray, { width, height }: Size, order: ChannelOrder): Pixels {
  const pixels = width * height;
  const channels = order === "gray" ? 1 : 3;
  const values = new Uint8Array(pixels * channels);
  const [first, third] = order === "bgr" ? [2, 0] : [0, 2];
  for (let i = 0, from = 0, to = 0; i < pixels; i++, from += 4, to += channels) {
    if (channels === 1) {
      values[to] = (rgba[from]! * 19595 + rgba[from + 1]! * 38470 + rgba[from + 2]! * 7471 + 0x8000) >> 16;
      continue;
    }
    values[to] = rgba[from + first]!;
    values[to + 1] = rgba[from + 1]!;
    values[to + 2] = rgba[from + third]!;
  }
  return { width, height, channels, values };
}

function unfit(name: string, message: string, fix: string): LesionError {
  return new LesionError("bad-data", message, { where: name, fix });
}
