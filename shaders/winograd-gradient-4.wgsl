// The transform of output gradients for the filter gradient of Winograd convolution F(4 x 4, 3 x 3).
// include: lib/winograd-4.wgsl
// include: lib/winograd-gradient.wgsl
