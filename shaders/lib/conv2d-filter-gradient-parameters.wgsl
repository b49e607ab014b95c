// Sizes of dw = x * dy. x: [rows, height, width, inChannels4], dy: [rows, outHeight, outWidth, outChannels4], dw: [splits,
// kernelHeight, kernelWidth, 4 inChannels4, outChannels4], in vec4s of channels.
struct Conv2dFilterGradient {
  rows: u32,
  height: u32,
  width: u32,
  inChannels4: u32,
  outHeight: u32,
  outWidth: u32,
  outChannels4: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  strideY: u32,
  strideX: u32,
  dilationY: u32,
  dilationX: u32,
  padTop: u32,
  padLeft: u32,
  splits: u32,
  // Rows of the output in every split but the last, which may have less or none.
  splitLines: u32,
}
@group(1) @binding(0) var<uniform> size: Conv2dFilterGradient;
