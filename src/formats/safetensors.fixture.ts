/** safetensors files for tests: headers as they stand, or made for tensors of bytes. */

export interface FixtureTensor {
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly values: ArrayBufferView;
}

/** A file with the header's text as it stands. */
export function fileOf(header: string, data: ArrayLike<number> = []): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

/** A file of the tensors, one after the other. */
export function safetensorsFile(tensors: Readonly<Record<string, FixtureTensor>>): Uint8Array {
  const data: number[] = [];
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  for (const [name, { dtype, dims, values }] of Object.entries(tensors)) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    header[name] = { dtype, shape: dims, data_offsets: [data.length, data.length + bytes.length] };
    data.push(...bytes);
  }
  return fileOf(JSON.stringify(header), data);
}

/** An F32 tensor. */
export function f32(dims: readonly number[], values: Iterable<number>): FixtureTensor {
  return { dtype: "F32", dims, values: Float32Array.from(values) };
}
