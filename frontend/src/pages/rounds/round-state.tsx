import { State, type Meaning } from '../../components/state.js';

const meanings: Readonly<Record<string, Meaning>> = {
  announced: 'waiting',
  committing: 'waiting',
  revealing: 'waiting',
  aggregated: 'waiting',
  submitted: 'proved',
  failed: 'failed',
};

/** The states a list can be filtered by, with what people call them. */
export const ROUND_STATES: Readonly<Record<string, string>> = {
  announced: 'open to join',
  committing: 'training',
  revealing: 'showing updates',
  aggregated: 'combined',
  submitted: 'handed in',
  failed: 'failed',
};

/** The state of a round. */
export function RoundState({ state }: { state: string }) {
  return <State is={meanings[state] ?? 'neutral'}>{ROUND_STATES[state] ?? state}</State>;
}
