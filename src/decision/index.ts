export { Calibrator, PRIOR_STRENGTH, wilsonLower, type Calibrated } from './calibration/calibrator.js';
export { isotonicBlocks, type CalibrationBlock, type Outcome } from './calibration/isotonic.js';
export {
  rawConfidence,
  type Contribution,
  type Feature,
  type FeatureModel,
  type RawConfidence,
} from './confidence/feature-model.js';
export { FEATURE_MODELS } from './confidence/models.js';
export { judge, type Circumstances, type Reason, type Verdict } from './judge.js';
export { parseDecisionMatrix, type DecisionMatrix } from './matrix/decision-matrix.js';
export type { TypeRules } from './matrix/rules.js';
export {
  brierScore,
  expectedCalibrationError,
  regret,
  reliabilityCurve,
  type Answered,
  type Judged,
  type Regret,
  type ReliabilityBin,
} from './metrics/reliability.js';
export { DECISION_TYPES, type DecisionRequest, type DecisionType, type Features } from './types.js';
