import type { Identity } from '../../auth/index.js';
import type { AppConfig } from '../../config/index.js';

/** What an account may upload, and what it owes for it. */
export interface Allowance {
  /** Sets in 24 hours. */
  readonly daily: number;
  /** Leading zero bits of the proof of work. */
  readonly workBits: number;
}

/** By how much the account is trusted; who has no account is the operator. */
export function allowanceOf({ tier }: Identity, config: AppConfig): Allowance {
  if (tier === 'newbie') return { daily: config.datasetQuotaNewbie, workBits: config.datasetWorkBits };
  if (tier === 'trusted') return { daily: config.datasetQuotaTrusted, workBits: 0 };
  return { daily: config.datasetQuotaExpert, workBits: 0 };
}
