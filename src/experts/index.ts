export { ExpertsModule } from './experts.module.js';
export { GenesisBootstrap } from './genesis-bootstrap.js';
export { readArchitecture, type Architecture } from './checkpoint/architecture-folder.js';
export { writeSafetensors } from './checkpoint/safetensors-writer.js';
export { GgufExport } from './gguf/gguf-export.js';
export type { GgufFile } from './gguf/gguf-file.js';
export type { ImportOptions, ImportProgress, ReleaseSummary } from './import/import-options.js';
export { ArchitecturePublisher } from './import/architecture-blocks.js';
export { Importer } from './import/importer.js';
export {
  QualityMeters,
  type QualityMeter,
  type QualityReport,
  type QualityUnknown,
} from './import/quality.js';
export { TokenizerChecks } from './import/tokenizer-checks.js';
export { modelConfigJson, parseModelConfig, type ModelConfig } from './model-config.js';
export { parseData, provenanceIn, type Provenance, type TrainingData } from './provenance/provenance.js';
export { ParameterIndex } from './releases/parameter-index.js';
export { movedBase, Promotion, RELEASE_PROMOTED, type PromotionOutcome } from './releases/promotion.js';
export {
  PromotionDoor,
  ROLLOUT_BUSY,
  type AskedPromotion,
  type PromotionAnswer,
  type PromotionAsk,
  type PromotionDecider,
  type PromotionStanding,
} from './releases/promotion-door.js';
export { ReleaseAuthor, type PublishedRelease, type ReleaseDraft } from './releases/release-author.js';
export { ReleaseCatalog } from './releases/release-catalog.js';
export { parseReleasePayload, type ReleasePayload } from './releases/release-payload.js';
export type { ModelRow, ReleaseRow } from './releases/release-table.js';
export {
  toEngineModel,
  type EngineModelView,
  type ReleaseView,
  type WeightView,
} from './releases/release-view.js';
export { grownRouter, isEmptyRow, rowOf, type RouterContent, type RouterRow } from './blocks/grown-router.js';
export {
  checkNewExpert,
  encodeRouterRow,
  isNewExpert,
  newExpertMetadata,
  parseNewExpert,
  type NewExpert,
} from './blocks/new-expert.js';
export { parseTensorDirectory, type TensorEntry } from './blocks/tensor-directory.js';
export { planBlocks, type ImportDtype, type PlannedBlock } from './blocks/tensor-plan.js';
export {
  ExpertUsage,
  type ExpertCacheFigures,
  type ExpertUsageSource,
  type ExpertUse,
} from './usage/expert-usage.js';
export { deltaSections } from './delta/sections.js';
export { PayloadPacker, type PackReport } from './delta/payload-packer.js';
export { UploadStore } from './upload/upload-store.js';
