// A step of gradient descent with momentum and a gain for each coordinate (van der Maaten and Hinton 2008; Jacobs 1988):
// gradient = 4 (exaggeration attraction - repulsion / Z); gain + 0.2 where it points against the last step, that is, on,
// else gain 0.8, 0.01 at least; step = momentum step - rate gain gradient; y += step. forces: [parts, 5, width], parts
// added in order; totals: Z in parts, see tsne-total.wgsl; y, velocity, gain: [width]. A thread: a point.
@group(0) @binding(0) var<storage, read> forces: array<f32>;
@group(0) @binding(1) var<storage, read> totals: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> velocity: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> gain: array<vec2f>;
struct TsneStep { points: u32, width: u32, parts: u32, exaggeration: f32, momentum: f32, rate: f32 }
@group(1) @binding(0) var<uniform> size: TsneStep;
const TOTALS = 256u;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  if (index >= size.points) { return; }
  var sums = vec4f(0.0);
  for (var t = 0u; t < TOTALS / 4u; t++) {
    sums += totals[t];
  }
  let z = dot(sums, vec4f(1.0));
  var attraction = vec2f(0.0);
  var repulsion = vec2f(0.0);
  for (var part = 0u; part < size.parts; part++) {
    let at = part * 5u * size.width + index;
    attraction += vec2f(forces[at], forces[at + size.width]);
    repulsion += vec2f(forces[at + 2u * size.width], forces[at + 3u * size.width]);
  }
  let gradient = 4.0 * (size.exaggeration * attraction - repulsion / z);
  let before = velocity[index];
  let onward = sign(gradient) * sign(before) < vec2f(0.0);
  let gains = max(select(0.8 * gain[index], gain[index] + 0.2, onward), vec2f(0.01));
  let step = size.momentum * before - size.rate * gains * gradient;
  gain[index] = gains;
  velocity[index] = step;
  y[index] += step;
}
