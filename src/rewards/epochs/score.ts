import { hashJson } from '../../common/index.js';

/** A score of an answer, in millionths, with the salt that hides it until it is revealed. */
export interface ScoreOpening {
  readonly receipt: string;
  /** 32 bytes, 64 hex digits. */
  readonly salt: string;
  /** 0 to 1,000,000. */
  readonly score: number;
}

/** What somebody commits to before they say their score: SHA-256 of canonical JSON `{receipt, salt, score}`. */
export function scoreCommitment({ receipt, salt, score }: ScoreOpening): string {
  return hashJson({ receipt, salt, score });
}

/** Whether a number can be a score. */
export function isScore(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 1_000_000;
}
