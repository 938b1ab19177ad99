import type { EpochSummary } from '../../api/rewards.js';
import { State, type Meaning } from '../../components/state.js';
import { stateOf } from './epoch-shares.js';

const MEANINGS: Readonly<Record<ReturnType<typeof stateOf>, Meaning>> = {
  'waits for the log': 'waiting',
  'carried over': 'neutral',
  paid: 'proved',
  'nothing earned': 'neutral',
};

/** Where an epoch stands. */
export function EpochState({ epoch }: { epoch: Pick<EpochSummary, 'totals' | 'log_index'> }) {
  const state = stateOf(epoch);
  return <State is={MEANINGS[state]}>{state}</State>;
}
