// What is held, parameters or channels: bit i % 32 of word floor(i / 32) is 1 for number i. Which lanes of vec4 `vector`, one
// of the eight that `word` is about, are held.
fn heldLanes(word: u32, vector: u32) -> vec4<bool> {
  return (vec4u(word >> (vector % 8u * 4u)) & vec4u(1u, 2u, 4u, 8u)) != vec4u(0u);
}
