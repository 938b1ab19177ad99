export { parseAuditFacts } from './audit/audit-facts.js';
export { OpeningMaker } from './audit/opening-maker.js';
export type { Opening, UpdateOpening } from './audit/opening.js';
export { encodeOpening, OPENING_LIMITS } from './audit/opening-codec.js';
export { ExampleEncoder } from './examples/example-encoder.js';
export { growModel } from './growth/grow-model.js';
export { mergeTrainings } from './growth/merge-trainings.js';
export { placesOf } from './growth/places.js';
export { LearningModule } from './learning.module.js';
export { generatedExamples, type GeneratedExamples } from './pretraining/generated-examples.js';
export type { PretrainingRecord } from './pretraining/pretraining-record.js';
export { PretrainingFolder, type KeptPretraining } from './pretraining/pretraining-folder.js';
export { openPretraining, pretrainingPlan } from './pretraining/pretraining-job.js';
export { runPretraining, type PretrainingOutcome } from './pretraining/run-pretraining.js';
export { hashFile } from './run/hash-file.js';
export { lossCurve } from './run/loss-curve.js';
export { readExamples, type TrainingExamples } from './run/read-examples.js';
export { keepEveryOfPlan } from './run/keep-every.js';
export { machinePace } from './run/node/machine-pace.js';
export { openJob, startJob } from './run/node/own-training-job.js';
export type { Pace } from './run/pace.js';
export { RUN_SETTINGS } from './run/run-settings.js';
export { TrainingFolder, type KeptRun } from './run/training-folder.js';
export { checkBlocks, type TrainingJob, type TrainingWish } from './run/training-job.js';
export { initialLink, trainingResult } from './run/training-result.js';
export { runTraining, type RunEnd, type RunHooks, type RunOutcome } from './run/training-run.js';
export type { DeltaPlan } from './delta/delta-codec.js';
export {
  carriedOf,
  decodeCarried,
  encodeCarried,
  joinedCarried,
  NOTHING_CARRIED,
  type Carried,
  type CarriedState,
} from './rounds/carried-state.js';
export { compressTraining } from './rounds/compress-training.js';
export type { PreparedUpdate, UpdateWish } from './rounds/prepare-update.js';
export { recomputeRoundOf, type RoundComparison } from './rounds/recompute-round.js';
export { readRoundBase } from './rounds/round-base.js';
export { commitmentOf, memberSeed, roundStatementBytes, type RoundStatement } from './rounds/statements.js';
export { parseTerms, type RoundTerms } from './rounds/terms.js';
export {
  prepareSubmission,
  type PreparedSubmission,
  type TrainedResult,
} from './submission/prepare-submission.js';
export { makeSealedSet, type MadeSet } from './sealed/make-sealed-set.js';
export { readDomainDocuments, type DomainDocument } from './sealed/read-sealed-documents.js';
export { parseSealedEvidence, type SealedEvidence } from './sealed/sealed-evidence.js';
export { recomputeLosses, type LossEngine } from './sealed/recompute-losses.js';
export { drawHash } from './sealed/sealed-store.js';
export { SealedFiles } from './sealed/sealed-files.js';
export { USUAL_SEALED_DRAWS, type SealedCommitment } from './sealed/sealed-set.js';
export { verifySealed, type SealedFinding } from './sealed/verify-sealed.js';
export type { BlockAccess, VerifiedBlock } from './source/block-access.js';
export { HttpBlockAccess } from './source/http-block-access.js';
export { readRelease, readReleaseFacts, readReleaseOf, type ReleaseModel } from './source/release-model.js';
export { StoredBlockAccess } from './source/stored-block-access.js';
export { tensorValues } from './source/tensor-values.js';
export { encodeTrainedBlock, type TrainedBlock } from './source/trained-block.js';
export { ADAM_DEFAULTS } from './trainer/adam.js';
export type { TokenSequence } from './trainer/batch.js';
export { trainingKernelPath } from './trainer/node/training-kernel-path.js';
export { trainedSizes } from './trainer/state-link.js';
export { TrainingThreads } from './trainer/node/training-threads.js';
export { withoutRest } from './trainer/pieces.js';
export { Trainer, type StepReport } from './trainer/trainer.js';
export type { TrainingPlan } from './trainer/training-plan.js';
