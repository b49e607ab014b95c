// The filter transform of Winograd convolution F(4 x 4, 3 x 3).
// include: lib/winograd-4.wgsl
// include: lib/winograd-filter.wgsl
