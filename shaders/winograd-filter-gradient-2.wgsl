// The filter gradient of Winograd convolution F(2 x 2, 3 x 3), from that of its transformed filters.
// include: lib/winograd-2.wgsl
// include: lib/winograd-filter-gradient.wgsl
