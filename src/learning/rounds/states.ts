import { defineStateMachine } from '../../common/index.js';

/**
 * Where a round is. `announced`: contributors may join. `committing`: they train and commit to what they will show. `revealing`: they show
 * it. `aggregated`: the server has made one update of all. `submitted`: the result is a submission, judged as any other.
 */
export type RoundState = 'announced' | 'committing' | 'revealing' | 'aggregated' | 'submitted' | 'failed';

/** The life of a round. */
export const ROUND_STATES = defineStateMachine<RoundState>('round', 'announced', {
  announced: ['committing', 'failed'],
  committing: ['revealing', 'failed'],
  revealing: ['aggregated', 'failed'],
  aggregated: ['submitted', 'failed'],
  submitted: [],
  failed: [],
});

/** States that time alone leads out of. */
export const OPEN_ROUND_STATES: readonly RoundState[] = ROUND_STATES.states.filter(
  (state) => !ROUND_STATES.isFinal(state),
);
