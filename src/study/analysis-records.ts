/**
 * Records of analyses: what a study asked of its ablations, of its network, or of both. Types alone. Every number comes with
 * its n and, where it estimates something, its interval (95 % unless said); what could not be estimated is null.
 */
import type {
  CascadeRecord,
  EmbeddingRecord,
  EnsemblePooledRecord,
  EnsembleRecord,
  GainSearchRecord,
  ImportanceRecord,
  MannWhitneyRecord,
  NegligibleRecord,
  ShapleyRecord,
} from "./network-analysis-records.ts";
import type {
  ClassDamageRecord,
  DegradationRecord,
  DepthRecord,
  InteractionsRecord,
  OverlapRecord,
  PopulationsRecord,
  PositiveEffectsRecord,
  RedundancyRecord,
  ReplacementsRecord,
} from "./row-analysis-records.ts";
import type { AdaptiveRecord, GroupsRecord, OptimalRecord, OrderRecord } from "./sweep-analysis-records.ts";

export type * from "./analysis-record-parts.ts";
export type * from "./network-analysis-records.ts";
export type { Predictor, WeightPredictor } from "./predictor-names.ts";
export type * from "./row-analysis-records.ts";
export type * from "./sweep-analysis-records.ts";

/** Which of the study's `analyses` a record is of, from 0; absent from those that sweeps write. */
interface OfAnalysis {
  readonly analysis?: number;
}

/** Analyses of a study, as opposed to those of its recovery. */
export type StudyAnalysisRecord = OfAnalysis & AnyAnalysisRecord;

type AnyAnalysisRecord =
  | ImportanceRecord
  | MannWhitneyRecord
  | RedundancyRecord
  | InteractionsRecord
  | ShapleyRecord
  | CascadeRecord
  | OverlapRecord
  | ClassDamageRecord
  | PositiveEffectsRecord
  | GainSearchRecord
  | DegradationRecord
  | PopulationsRecord
  | DepthRecord
  | NegligibleRecord
  | EnsembleRecord
  | EnsemblePooledRecord
  | EmbeddingRecord
  | ReplacementsRecord
  | OrderRecord
  | GroupsRecord
  | AdaptiveRecord
  | OptimalRecord;
