import { defineStateMachine } from '../../common/index.js';

/**
 * Where the removal of experts is. `received`: stored, its entry is on the way into the log. `waiting_beacon`: the log has not grown
 * beyond it yet. `measuring`: both releases answer the same examples. `measured`: the effect is known, a release without the experts
 * waits for its decision. `released`: it is live. `superseded`: another release went live meanwhile. `failed`: it could not be measured,
 * and asking again begins again; or it was decided not to go live, and asking again is another removal.
 */
export type RemovalState =
  'received' | 'waiting_beacon' | 'measuring' | 'measured' | 'released' | 'superseded' | 'failed';

/** The life of a removal. */
export const REMOVAL_STATES = defineStateMachine<RemovalState>('removal', 'received', {
  received: ['waiting_beacon', 'superseded', 'failed'],
  waiting_beacon: ['measuring', 'superseded', 'failed'],
  measuring: ['measured', 'superseded', 'failed'],
  measured: ['released', 'superseded', 'failed'],
  released: [],
  superseded: [],
  failed: ['received'],
});

/** States in which the server has work to do. */
export const OPEN_REMOVAL_STATES: readonly RemovalState[] = [
  'received',
  'waiting_beacon',
  'measuring',
  'measured',
];
