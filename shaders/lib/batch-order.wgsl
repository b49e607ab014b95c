// The sample that row `row` of network `network` is: that of place start + row in its order, orderStride being 0 where all
// networks have one order; or, useOrder = 0, sample start + row. Binds nothing: the shader declares order and size.
fn sampleOf(network: u32, row: u32) -> u32 {
  let place = size.start + row;
  if (size.useOrder == 0u) { return place; }
  return order[network * size.orderStride + place];
}
