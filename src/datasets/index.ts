export { ExpectedGain, type GainFigures, type GainMeasure, type ModelGain } from './audit/expected-gain.js';
export { DatasetsModule } from './datasets.module.js';
export * from './generators/index.js';
export * from './jsonl/index.js';
export { DatasetLineages, type DatasetLineage } from './lineage/dataset-lineage.js';
export * from './planted/index.js';
export * from './proof/index.js';
export * from './quality/index.js';
export type { DatasetDescription, DatasetRecord } from './registry/dataset-record.js';
export { DatasetRows, type DatasetRow } from './registry/dataset-rows.js';
export { DATASET_STAGES, isApproved, TIERS, type DatasetStage, type DatasetTier } from './registry/stages.js';
export { writeSample, type SampleManifest } from './sampling/sample-file.js';
export {
  drawByTier,
  SAMPLINGS,
  type Draw,
  type SampledSet,
  type Sampling,
} from './sampling/tier-sampling.js';
export { DatasetFiles } from './upload/dataset-files.js';
