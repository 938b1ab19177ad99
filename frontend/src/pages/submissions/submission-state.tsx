import { State, type Meaning } from '../../components/state.js';

const meanings: Readonly<Record<string, Meaning>> = {
  received: 'waiting',
  prefiltered: 'waiting',
  waiting_beacon: 'waiting',
  waiting_opening: 'waiting',
  waiting_decision: 'waiting',
  evaluating: 'waiting',
  accepted: 'waiting',
  released: 'proved',
  rejected: 'failed',
};

/** The states a list can be filtered by, with what people call them. */
export const SUBMISSION_STATES: Readonly<Record<string, string>> = {
  received: 'received',
  prefiltered: 'prefiltered',
  waiting_beacon: 'waits for its beacon',
  waiting_opening: 'has to show updates',
  waiting_decision: 'waits for a decision',
  evaluating: 'being evaluated',
  accepted: 'accepted',
  rejected: 'rejected',
  released: 'released',
  superseded: 'superseded',
};

/** The state of a submission. */
export function SubmissionState({ state }: { state: string }) {
  return <State is={meanings[state] ?? 'neutral'}>{SUBMISSION_STATES[state] ?? state}</State>;
}
