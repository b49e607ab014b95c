// The body of the fused tail; the file that includes it says what a place is: four samples of one thread.
// WIDTH values of the entered layer, then (STAGES = 2) the last layer's CLASSES from them, all in registers.
const STAGES = 2u;
const WIDTH = 10u;
// Groups of four samples a thread.
const PLACES = 4u;
const WORKGROUP = 32u;
const ACTIVATION = 0u;
const LOSS = 0u;
// 1: some mask lists more than two units.
const EXTRA = 0u;
// 1: whether the true class is among the first five is asked for.
const TOP5 = 0u;

struct Tail {
  samples: u32,
  // Groups of four samples from one unit to the next, in z and displacement.
  stride4: u32,
  masks: u32,
  maskStart: u32,
  // Tally row of the first mask, and words a row.
  rowStart: u32,
  rowWords: u32,
  // Where the tiles begin in the list, and how many there are; the listed kernel alone.
  tileStart: u32,
  tiles: u32,
  alpha: f32,
  beta: f32,
}
@group(1) @binding(0) var<uniform> size: Tail;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let tile = tileOf(group.y * groups.x + group.x, group);
  let mask = tile.x;
  let first = tile.y + thread * PLACES;
  if (mask >= size.maskStart + size.masks) { return; }
  if (!inRange(mask, first)) { return; }

  // The displacement of the first two listed units stays in registers; further ones are read again for each value.
  // A mask of most units is entered from the layer with all units replaced, by what the others take back.
  let complement = program[mask] >> 31u;
  let sign = select(1.0, -1.0, complement == 1u);
  let begin = program[mask] & 0x7fffffffu;
  let end = program[mask + 1u] & 0x7fffffffu;
  let unitA = program[min(begin, end - 1u)];
  let unitB = program[min(begin + 1u, end - 1u)];
  let signA = select(0.0, sign, end > begin);
  let signB = select(0.0, sign, end > begin + 1u);
  var place: array<Place, PLACES>;
  var a: array<vec4f, PLACES>;
  var b: array<vec4f, PLACES>;
  for (var v = 0u; v < PLACES; v++) { // unroll
    place[v] = placeAt(mask, first + v);
    a[v] = signA * displacementAt(unitA, place[v]);
    b[v] = signB * displacementAt(unitB, place[v]);
  }
  var logits: array<vec4f, PLACES * CLASSES>;
  if (STAGES == 2u) {
    for (var c = 0u; c < CLASSES; c++) { // unroll
      for (var v = 0u; v < PLACES; v++) { // unroll
        logits[c * PLACES + v] = vec4f(last[WIDTH * CLASSES + c]);
      }
    }
  }
  for (var j = 0u; j < WIDTH; j++) { // unroll
    let weightA = entryWeight[unitA * WIDTH + j];
    let weightB = entryWeight[unitB * WIDTH + j];
    var h: array<vec4f, PLACES>;
    for (var v = 0u; v < PLACES; v++) { // unroll
      h[v] = preActivation(complement * WIDTH + j, place[v]) + a[v] * weightA + b[v] * weightB;
    }
    if (EXTRA == 1u) {
      for (var p = begin + 2u; p < end; p++) {
        let unit = program[p];
        let weight = sign * entryWeight[unit * WIDTH + j];
        for (var v = 0u; v < PLACES; v++) { // unroll
          h[v] += displacementAt(unit, place[v]) * weight;
        }
      }
    }
    if (STAGES == 1u) {
      for (var v = 0u; v < PLACES; v++) { // unroll
        logits[min(j, CLASSES - 1u) * PLACES + v] = h[v];
      }
    } else {
      for (var v = 0u; v < PLACES; v++) { // unroll
        h[v] = activate(ACTIVATION, h[v], size.alpha, size.beta);
      }
      for (var c = 0u; c < CLASSES; c++) { // unroll
        let weight = last[j * CLASSES + c];
        for (var v = 0u; v < PLACES; v++) { // unroll
          logits[c * PLACES + v] += h[v] * weight;
        }
      }
    }
  }

  let row = size.rowStart + (mask - size.maskStart) * size.rowWords;
  var lossSum = 0.0;
  for (var v = 0u; v < PLACES; v++) { // unroll
    let truth = truthAt(place[v]);
    let label = truth & vec4u(0xffffu);
    // The first of the greatest logits; where one is not a number, nobody's class is first.
    var top = logits[v];
    var winner = vec4u(0u);
    var broken = isNan4(top);
    for (var c = 1u; c < CLASSES; c++) { // unroll
      let other = logits[c * PLACES + v];
      let better = other > top;
      top = select(top, other, better);
      winner = select(winner, vec4u(c), better);
      broken = broken | isNan4(other);
    }
    let right = (winner == label) & !broken;
    let samples = isSample(mask, first + v);
    let flipped = ((truth < vec4u(0x10000u)) != right) & samples;
    if (any(flipped)) {
      let sample = sampleAt(place[v]);
      for (var i = 0u; i < 4u; i++) { // unroll
        if (flipped[i]) { tallyFlip(row, sample[i], truth[i]); }
      }
    }
    var own = logits[v];
    if (TOP5 == 1u || LOSS == 1u) {
      for (var c = 1u; c < CLASSES; c++) { // unroll
        own = select(own, logits[c * PLACES + v], label == vec4u(c));
      }
    }
    if (TOP5 == 1u) {
      // How many logits beat the true one: ties go to the lower index, and what is not a number is beaten by all.
      var rank = vec4u(0u);
      for (var c = 0u; c < CLASSES; c++) { // unroll
        let other = logits[c * PLACES + v];
        let beats = isNan4(other) | (other > own) | ((other == own) & (vec4u(c) < label));
        rank += select(vec4u(0u), vec4u(1u), beats);
      }
      rank = select(rank, vec4u(CLASSES), isNan4(own));
      let flipped5 = ((truth < vec4u(0x50000u)) != (rank < vec4u(5u))) & samples;
      if (any(flipped5)) {
        let sample = sampleAt(place[v]);
        for (var i = 0u; i < 4u; i++) { // unroll
          if (flipped5[i]) { tallyFlip5(row, sample[i], truth[i]); }
        }
      }
    }
    if (LOSS == 1u) {
      var sum = vec4f(0.0);
      for (var c = 0u; c < CLASSES; c++) { // unroll
        sum += exp(logits[c * PLACES + v] - top);
      }
      let losses = select(vec4f(0.0), top + log(sum) - own, isSample(mask, first + v));
      lossSum += losses.x + losses.y + losses.z + losses.w;
    }
  }
  if (LOSS == 1u) { tallyLoss(row, lossSum); }
}
