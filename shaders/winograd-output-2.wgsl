// The output transform of Winograd convolution F(2 x 2, 3 x 3).
// include: lib/winograd-2.wgsl
// include: lib/winograd-output.wgsl
