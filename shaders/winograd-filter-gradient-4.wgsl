// The filter gradient of Winograd convolution F(4 x 4, 3 x 3), from that of its transformed filters.
// include: lib/winograd-4.wgsl
// include: lib/winograd-filter-gradient.wgsl
