import type { Json } from '../../../common/canonical-json.js';
import type { PiiKind } from '../pii/finding.js';
import type { LicenceClass } from '../../../common/licence/licence-list.js';
import type { Proportion } from '../text/proportion.js';
import type { Toxicity } from '../toxicity/toxicity.js';
import type { RefusalReason, Thresholds } from './thresholds.js';

/** Name and version of the document; docs/formats/quality-report.md. */
export const QUALITY_FORMAT = 'stemma.quality-report.v1';

/** Documents of the sample with a finding, their share of it, and how many have each kind. */
export interface Findings<K extends string> extends Proportion {
  readonly documents: number;
  readonly kinds: Readonly<Partial<Record<K, number>>>;
}

/** What the quality gate found in a dataset: canonical JSON, the same for the same file, seed and known sets. */
export interface QualityReport {
  readonly format: typeof QUALITY_FORMAT;
  readonly seed: string;
  /** Of the whole file. */
  readonly documents: number;
  readonly sample: { readonly documents: number; readonly bytes: number; readonly budget: number };
  readonly licence: {
    readonly declared: string;
    /** The worst of the declared licence and of all lines that have their own. */
    readonly class: LicenceClass;
    /** Lines with a licence of their own, by its class. */
    readonly lines: Readonly<Partial<Record<LicenceClass, number>>>;
  };
  readonly pii: Findings<PiiKind>;
  readonly toxicity: Findings<Toxicity>;
  readonly duplicates: {
    /** Near copies in the sample, of earlier documents and of other sets. */
    readonly near: number;
    /** Copies in the whole file but for letter case and punctuation, as a share; estimated beyond 4,096 texts. */
    readonly copies: number;
    /** Near copies in the sample of those documents of other sets that are kept of them, by set. */
    readonly of: Readonly<Record<string, number>>;
    /** Share of the whole file's texts that another set has but for letter case and punctuation, by set. */
    readonly sets: Readonly<Record<string, number>>;
    /** Share of the whole file's different texts that another set nearly has, by set; estimated where either has more texts than are kept. Not there in older reports. */
    readonly nearly?: Readonly<Record<string, number>>;
    /** The greatest of the near copies' share, `copies`, and the shares of texts that other sets have, or nearly have. */
    readonly share: number;
  };
  /** Documents of the sample by language, the commonest first. */
  readonly languages: readonly {
    readonly language: string;
    readonly documents: number;
    readonly share: number;
  }[];
  readonly bias: Json;
  readonly thresholds: Thresholds;
  readonly accepted: boolean;
  readonly reasons: readonly RefusalReason[];
}
