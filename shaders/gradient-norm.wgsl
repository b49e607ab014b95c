// The sums that square-sums.wgsl left, added up in order: partial[next + n outs + o] = sum over i < parts, i % outs = o, of
// partial[begin + n parts + i]; where outs is 1, factor[n] = min(1, clip / (sqrt(sum) + 1e-6)), PyTorch's
// clip_grad_norm_ (Pascanu et al. 2013). partial: [networks, parts] and [networks, outs] of every pass; factor: [networks].
@group(0) @binding(0) var<storage, read_write> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> factor: array<f32>;
struct GradientNorm { networks: u32, parts: u32, outs: u32, begin: u32, next: u32, clip: f32 }
@group(1) @binding(0) var<uniform> size: GradientNorm;
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + thread;
  let network = index / size.outs;
  if (network >= size.networks) { return; }
  var sum = 0.0;
  for (var i = index - network * size.outs; i < size.parts; i += size.outs) {
    sum += partial[size.begin + network * size.parts + i];
  }
  partial[size.next + index] = sum;
  if (size.outs == 1u) { factor[network] = min(1.0, size.clip / (sqrt(sum) + 1e-6)); }
}
