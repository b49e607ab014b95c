// Sizes of y = activation(x * W + b). x: [rows, height, width, inChannels4], y: [rows, outHeight, outWidth,
// outChannels4], in vec4s of channels.
struct Conv2d {
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
  // The two numbers of the activation.
  alpha: f32,
  beta: f32,
}
@group(1) @binding(0) var<uniform> size: Conv2d;

// 1: bias[channel] is added; 0: nothing.
const USE_BIAS = 0u;
const ACTIVATION = 0u;
