/** What recovery begins with where somebody asks for it; the study document holds all else. */
import { ARMS } from "./arms.ts";

export const RECOVER_DEFAULTS = {
  arms: ARMS,
  epochs: 5,
  optimizer: { kind: "sgd", learningRate: 0.01, momentum: 0.9 },
} as const;
