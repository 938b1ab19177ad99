export { minhash, SIGNATURE_LENGTH } from './duplicates/minhash.js';
export {
  firstOf,
  KEPT_SIGNATURES,
  nearOverlapOf,
  NearTexts,
  type NearSketch,
} from './duplicates/near-sketch.js';
export { NearDuplicates } from './duplicates/near-duplicates.js';
export { languageOf } from './language/language.js';
export { judgeLicence } from '../../common/licence/judge-licence.js';
export type { LicenceClass } from '../../common/licence/licence-list.js';
export { findPii } from './pii/find-pii.js';
export { PII_KINDS, type PiiFinding, type PiiKind } from './pii/finding.js';
export { overlapOf, type TextSketch } from './duplicates/text-sketch.js';
export {
  assessDataset,
  encodeReport,
  SAMPLE_BYTES,
  surveyDataset,
  type AssessOptions,
  type Survey,
} from './report/assess-dataset.js';
export { licenceOfDocument, piiKindsOf, publishedText, trainedText } from './report/document-checks.js';
export { QUALITY_FORMAT, type QualityReport } from './report/quality-report.js';
export { REASONS, THRESHOLDS, type RefusalReason, type Thresholds } from './report/thresholds.js';
export { toxicityOf, type Toxicity } from './toxicity/toxicity.js';
