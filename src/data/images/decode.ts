/**
 * Decoding with the browser's own codecs, without colour management, orientation or premultiplication: a PNG's 8-bit
 * colours come out as they were stored, also under transparent pixels; of 16 bits the high byte counts.
 */
import { LesionError } from "../../core/errors.ts";
import { type FitOptions, fitted } from "./fit.ts";
import { damaged, imageHeader } from "./header.ts";
import type { Pixels } from "./resize.ts";

/** Decodes a file to a sample. Rejects with `bad-file` for damage, `bad-data` for sizes that do not fit the options. */
export type Decode = (bytes: Uint8Array, name: string, options: FitOptions) => Promise<Pixels>;

/** Decodes on this thread, but for what the browser's codecs do on theirs. */
export const decodeHere: Decode = async (bytes, name, options) => {
  const header = imageHeader(bytes, name);
  const blob = new Blob([withoutExif(bytes, header.exifAt)], { type: header.type });
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
  } catch (cause) {
    throw damaged(name, bytes, "cannot be decoded", cause);
  }
  try {
    return fitted(pixelsOf(bitmap, name), bitmap, options, name);
  } finally {
    bitmap.close();
  }
};

/** A browser turns photographs as their Exif orientation says, which training pipelines do not. */
function withoutExif(bytes: Uint8Array, exifAt: number | null): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  if (exifAt !== null) copy[exifAt] = 0;
  return copy;
}

/** [height, width, 4], colours not multiplied by alpha. */
function pixelsOf(bitmap: ImageBitmap, name: string): Uint8Array | Uint8ClampedArray {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) throw tooLarge(bitmap, name);
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  for (let alpha = 3; alpha < data.length; alpha += 4) {
    // A canvas keeps colours multiplied by alpha, in bytes: what is not opaque has lost bits.
    if (data[alpha] !== 255) return unmultiplied(bitmap, name);
  }
  return data;
}

/** Colours by way of a texture, which keeps them as they are. */
function unmultiplied(bitmap: ImageBitmap, name: string): Uint8Array {
  const { width, height } = bitmap;
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
  if (gl === null) {
    throw new LesionError("unsupported", `${name} has transparent pixels, whose colours this browser cannot read`, {
      where: name,
      fix: "Save the image without an alpha channel, or allow WebGL in the browser.",
    });
  }
  try {
    if (Math.max(width, height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) throw tooLarge(bitmap, name);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    const texture = gl.getParameter(gl.TEXTURE_BINDING_2D) as WebGLTexture;
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const values = new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, values);
    return values;
  } finally {
    // A browser keeps 16 contexts, and gives the oldest up for a new one.
    gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

function tooLarge({ width, height }: ImageBitmap, name: string): LesionError {
  return new LesionError("unsupported", `${name} has ${width} x ${height} pixels, too many for this browser to read`, {
    where: name,
    fix: "Give a smaller image.",
  });
}
