// What a network reads of stored values. Binds nothing: the shader declares values and levels.

// The four bytes of a word, each by a table of its own.
fn levelsOf(tables: vec4u, word: u32) -> vec4f {
  let bytes = vec4u(word, word >> 8u, word >> 16u, word >> 24u) & vec4u(255u);
  let at = tables * 256u + bytes;
  return vec4f(levels[at.x], levels[at.y], levels[at.z], levels[at.w]);
}

// Four words as the numbers that they are.
fn floatsAt(at: u32) -> vec4f {
  return bitcast<vec4f>(vec4u(values[at], values[at + 1u], values[at + 2u], values[at + 3u]));
}
