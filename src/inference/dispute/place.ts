import type { ModelConfig } from '../kernel/index.js';

/** The operators of a forward pass, in the order in which they run. */
export type OperatorName =
  | 'embedding'
  | 'inputNorm'
  | 'query'
  | 'key'
  | 'value'
  | 'queryTurn'
  | 'keyTurn'
  | 'attention'
  | 'output'
  | 'routerNorm'
  | 'routerLogits'
  | 'routerChoice'
  | 'gate'
  | 'up'
  | 'activation'
  | 'down'
  | 'combine'
  | 'finalNorm'
  | 'logits';

/** One operator of a section; `rank` tells the chosen experts apart, best = 0. */
export interface OperatorPlace {
  readonly operator: OperatorName;
  readonly rank: number;
}

/** One operator at one position. Sections: 0 = embedding, 1 … layers = layers 0 …, layers + 1 = head. */
export interface Place extends OperatorPlace {
  readonly position: number;
  readonly section: number;
}

const BEFORE_EXPERTS: readonly OperatorName[] = [
  'inputNorm',
  'query',
  'key',
  'value',
  'queryTurn',
  'keyTurn',
  'attention',
  'output',
  'routerNorm',
  'routerLogits',
  'routerChoice',
];
/** What the last layer does where nobody wants the logits: later positions look at its keys and values. */
const SEEN_LATER: readonly OperatorName[] = ['inputNorm', 'key', 'value', 'keyTurn'];
const PER_EXPERT: readonly OperatorName[] = ['gate', 'up', 'activation', 'down'];

/** Sections of a position; only positions whose logits choose a token have the last one, the head. */
export function sectionCount({ layers }: ModelConfig, withHead: boolean): number {
  return layers + (withHead ? 2 : 1);
}

/**
 * The operators of a section in the order in which they run.
 * @param withHead whether the position's logits choose a token; of others the last layer makes keys and values only
 */
export function operatorsOf(
  { layers, expertsPerToken }: ModelConfig,
  section: number,
  withHead: boolean,
): OperatorPlace[] {
  const once = (names: readonly OperatorName[]) => names.map((operator) => ({ operator, rank: 0 }));
  if (section === 0) return once(['embedding']);
  if (section === layers + 1) return once(['finalNorm', 'logits']);
  if (section === layers && !withHead) return once(SEEN_LATER);
  const experts = Array.from({ length: expertsPerToken }, (_, rank) =>
    PER_EXPERT.map((operator) => ({ operator, rank })),
  );
  return [...once(BEFORE_EXPERTS), ...experts.flat(), ...once(['combine'])];
}

/** Number of the layer of a section, from 0; null for embedding and head. */
export function layerOf({ layers }: ModelConfig, section: number): number | null {
  return section === 0 || section === layers + 1 ? null : section - 1;
}
