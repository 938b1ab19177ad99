export { PlainWitness, type WitnessOptions } from './plain-witness.js';
export { PlainWeights } from './referee/weights.js';
export { settle, type Referee } from './settle.js';
export type { Place } from './place.js';
export type { DisputedOperator, DisputedPlace, DisputedValues, SideName, Verdict } from './verdict.js';
export type { Statement, Witness } from './witness.js';
