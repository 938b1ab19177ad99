import { defineStateMachine } from '../common/index.js';

/**
 * What a decision may be. `held`: automatic action was stopped, or a crash cut the action off and
 * only a guardian may go on. `recorded`: shadow mode, nothing was done. `refused`: a
 * safety check blocked it, or whoever was to act by itself found nothing to be done by it. `superseded`: what it was about was gone before anybody answered. `succeeded` and `failed` say what the check after the action found.
 */
export type DecisionState =
  | 'pending'
  | 'approved'
  | 'waiting'
  | 'held'
  | 'recorded'
  | 'refused'
  | 'rejected'
  | 'expired'
  | 'superseded'
  | 'executing'
  | 'succeeded'
  | 'failed'
  | 'undone';

/** The life of a decision. Only a guardian's override leads out of `held`, `recorded`, `rejected` and `expired`. */
export const DECISION_STATES = defineStateMachine<DecisionState>('decision', 'pending', {
  pending: ['approved', 'waiting', 'held', 'recorded', 'refused'],
  waiting: ['approved', 'rejected', 'expired', 'superseded', 'held'],
  // What others do by themselves is reported when it is over.
  approved: ['executing', 'held', 'refused', 'succeeded', 'failed'],
  // One that was cut off in the middle can be taken back, too.
  held: ['approved', 'undone'],
  recorded: ['approved'],
  rejected: ['approved'],
  expired: ['approved'],
  superseded: [],
  refused: [],
  executing: ['succeeded', 'failed', 'held'],
  succeeded: ['undone'],
  failed: ['undone'],
  undone: [],
});

/** What a question to the guardians may be. */
export type EscalationState = 'open' | 'approved' | 'rejected' | 'expired' | 'withdrawn';

/** The life of a question: the first answer ends it. */
export const ESCALATION_STATES = defineStateMachine<EscalationState>('escalation', 'open', {
  open: ['approved', 'rejected', 'expired', 'withdrawn'],
  approved: [],
  rejected: [],
  expired: [],
  withdrawn: [],
});
