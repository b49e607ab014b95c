// `value`, the vec4 that begins at `channel`, with 0 in the lanes at and behind `channels`: what padding holds stays out.
fn keepLanes(value: vec4f, channel: u32, channels: u32) -> vec4f {
  return select(vec4f(0.0), value, vec4u(channel) + vec4u(0u, 1u, 2u, 3u) < vec4u(channels));
}
