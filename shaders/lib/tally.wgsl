// What an ablation changed, counted where it is found. Most samples keep their outcome, so only changes touch memory.
// truth[n]: label in the low half, rank of the true class in the intact network in the high half.
// tally row of a mask: per class lost and gained; at TOP5_LOST and TOP5_GAINED, unless 0, the same of the top 5; loss sum
// (64-bit fixed point, low and high); then one bit a sample: whether its top-1 outcome changed; at BITS5, unless 0, the
// same of the top 5.
const CLASSES = 10u;
const TOP5_LOST = 20u;
const TOP5_GAINED = 30u;
const LOSS_LOW = 40u;
const LOSS_HIGH = 41u;
const BITS = 42u;
const BITS5 = 0u;

// A sample whose top-1 outcome is not what it was.
fn tallyFlip(row: u32, sample: u32, truth: u32) {
  atomicAdd(&tally[row + select(CLASSES, 0u, truth < 0x10000u) + (truth & 0xffffu)], 1u);
  atomicXor(&tally[row + BITS + sample / 32u], 1u << (sample % 32u));
}

// A sample whose top-5 outcome is not what it was.
fn tallyFlip5(row: u32, sample: u32, truth: u32) {
  if (TOP5_LOST == 0u) { return; }
  atomicAdd(&tally[row + select(TOP5_GAINED, TOP5_LOST, truth < 0x50000u) + (truth & 0xffffu)], 1u);
  if (BITS5 != 0u) { atomicXor(&tally[row + BITS5 + sample / 32u], 1u << (sample % 32u)); }
}

// Adds losses as multiples of 2^-16 in 64 bits: whole numbers add up the same in any order.
fn tallyLoss(row: u32, loss: f32) {
  let value = u32(clamp(loss, 0.0, 65535.0) * 65536.0 + 0.5);
  let low = atomicAdd(&tally[row + LOSS_LOW], value);
  if (low + value < low) { atomicAdd(&tally[row + LOSS_HIGH], 1u); }
}
