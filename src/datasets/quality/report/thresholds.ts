/** What a dataset may hold at most, as shares of its documents, 0 to 1. */
export interface Thresholds {
  readonly pii: number;
  readonly toxic: number;
  readonly duplicates: number;
}

/** Above 1 % personal data, 10 % toxic or 95 % duplicates a dataset is refused. */
export const THRESHOLDS: Thresholds = { pii: 0.01, toxic: 0.1, duplicates: 0.95 };

/** Why a dataset is refused. */
export const REASONS = ['LICENCE_UNKNOWN', 'LICENCE_RESTRICTED', 'PII', 'TOXIC', 'DUPLICATES'] as const;

/** Why a dataset is refused. */
export type RefusalReason = (typeof REASONS)[number];
