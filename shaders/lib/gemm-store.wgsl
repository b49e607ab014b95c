// Writes four neighbouring columns of one row, as far as they exist, with the activation applied.
fn storeC(row: u32, firstColumn: u32, sum: vec4f) {
  if (row >= size.rows) { return; }
  let at = row * size.cRow + firstColumn * size.cColumn;
  let count = min(4u, size.columns - min(size.columns, firstColumn));
  let value = activate(C_ACTIVATION, sum, size.storeAlpha, size.storeBeta);
  for (var i = 0u; i < count; i++) { c[at + i * size.cColumn] = value[i]; }
}
