import { defineStateMachine } from '../../common/index.js';

/** How good people found a set. */
export const TIERS = ['gold', 'silver', 'experimental'] as const;

/** One of `TIERS`. */
export type DatasetTier = (typeof TIERS)[number];

/** What a dataset may be. Sets of a tier are approved. */
export type DatasetStage =
  'pending' | 'audit' | 'vote' | DatasetTier | 'rejected' | 'appealed' | 'quarantined' | 'withdrawn';

/**
 * The life of a dataset. `vote` → `vote` is its extension; `appealed` → `vote` an appeal that was granted; from quarantine a
 * set comes back to the tier it had, or to a new vote if it had none.
 */
export const DATASET_STAGES = defineStateMachine<DatasetStage>('dataset', 'pending', {
  pending: ['audit', 'withdrawn'],
  audit: ['vote', 'rejected', 'withdrawn'],
  vote: ['vote', 'gold', 'silver', 'experimental', 'rejected', 'quarantined', 'withdrawn'],
  gold: ['quarantined', 'withdrawn'],
  silver: ['quarantined', 'withdrawn'],
  experimental: ['quarantined', 'withdrawn'],
  rejected: ['appealed', 'withdrawn'],
  appealed: ['vote', 'rejected', 'withdrawn'],
  quarantined: ['vote', 'gold', 'silver', 'experimental', 'withdrawn'],
  withdrawn: [],
});

/** Whether models may be trained on sets of this stage. */
export function isApproved(stage: DatasetStage): stage is DatasetTier {
  return (TIERS as readonly string[]).includes(stage);
}
