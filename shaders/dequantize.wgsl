// weight[r, c] = value[r, c] * scale + min for the columns start4 .. start4 + columns4 of 8-bit values, each step rounded to f32,
// as TensorFlow.js expands them. values: [rows, stride4] of four bytes a word; weight: [rows, columns4] in vec4s.
@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> weight: array<vec4f>;
struct Dequantize { rows: u32, columns4: u32, stride4: u32, start4: u32, scale: f32, min: f32 }
@group(1) @binding(0) var<uniform> size: Dequantize;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let row = index / size.columns4;
  if (row >= size.rows) { return; }
  let word = values[row * size.stride4 + size.start4 + index - row * size.columns4];
  // 0 is added to the bits of the product, which no compiler knows: so it is rounded by itself, not fused with the sum.
  let scaled = bitcast<vec4u>(vec4f(unpack4xU8(word)) * size.scale) + (size.columns4 >> 31u);
  weight[index] = bitcast<vec4f>(scaled) + size.min;
}
