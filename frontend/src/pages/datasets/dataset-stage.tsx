import { State, type Meaning } from '../../components/state.js';

const meanings: Readonly<Record<string, Meaning>> = {
  pending: 'waiting',
  audit: 'waiting',
  vote: 'waiting',
  appealed: 'waiting',
  gold: 'proved',
  silver: 'proved',
  experimental: 'proved',
  rejected: 'failed',
  quarantined: 'failed',
};

/** The stages a list can be filtered by, with what people call them. */
export const DATASET_STAGES: Readonly<Record<string, string>> = {
  pending: 'waits for its audit',
  audit: 'being audited',
  vote: 'open to vote',
  gold: 'gold',
  silver: 'silver',
  experimental: 'experimental',
  rejected: 'rejected',
  appealed: 'appealed',
  quarantined: 'in quarantine',
  withdrawn: 'withdrawn',
};

/** The stage of a dataset. */
export function DatasetStage({ stage }: { stage: string }) {
  return <State is={meanings[stage] ?? 'neutral'}>{DATASET_STAGES[stage] ?? stage}</State>;
}
