import { defineStateMachine } from '../../common/index.js';

/**
 * Where a submission is. `received`: stored, its entry is on the way into the log. `prefiltered`: the cheap checks let it pass.
 * `waiting_beacon`: the log has not grown beyond its entry yet. `waiting_opening`: updates of its training
 * were drawn and are to be shown. `waiting_decision`: another submission of the same expert is accepted, and whether it goes live is not
 * decided. `accepted`: better by what it was judged on; its blocks are published.
 * `released`: people are answered by a release with it. `superseded`: accepted, but its expert was replaced before it was released.
 */
export type SubmissionState =
  | 'received'
  | 'prefiltered'
  | 'waiting_beacon'
  | 'waiting_opening'
  | 'waiting_decision'
  | 'evaluating'
  | 'accepted'
  | 'rejected'
  | 'released'
  | 'superseded';

/** The life of a submission. */
export const SUBMISSION_STATES = defineStateMachine<SubmissionState>('submission', 'received', {
  received: ['prefiltered', 'rejected'],
  prefiltered: ['waiting_beacon', 'rejected'],
  waiting_beacon: ['waiting_opening', 'evaluating', 'rejected'],
  waiting_opening: ['evaluating', 'rejected'],
  waiting_decision: ['evaluating', 'rejected'],
  evaluating: ['waiting_decision', 'accepted', 'rejected'],
  accepted: ['released', 'superseded'],
  rejected: [],
  released: [],
  superseded: [],
});

/** States in which the server has work to do. */
export const OPEN_STATES: readonly SubmissionState[] = SUBMISSION_STATES.states.filter(
  (state) => !SUBMISSION_STATES.isFinal(state),
);
