// The transform of output gradients for the filter gradient of Winograd convolution F(2 x 2, 3 x 3).
// include: lib/winograd-2.wgsl
// include: lib/winograd-gradient.wgsl
