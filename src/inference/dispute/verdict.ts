import type { OperatorName } from './place.js';

/** One of the two. */
export type SideName = 'a' | 'b';

/**
 * What differs first: an operator of the forward pass, the choice of the token, the commitment to it, the end of the answer, or
 * already the question.
 */
export type DisputedOperator = OperatorName | 'sample' | 'commitment' | 'finish' | 'request';

/** The first thing in which two sides differ. */
export interface DisputedPlace {
  /** First token of the answer (from 0) whose state differs; null where the question does. */
  readonly token: number | null;
  /** Position in prompt and answer together whose computation differs first; null where none does. */
  readonly position: number | null;
  readonly layer: number | null;
  readonly operator: DisputedOperator;
  /** Rank of the expert among the chosen (from 0); null for operators of no expert. */
  readonly rank: number | null;
  /** First element of the operator's output that differs. */
  readonly index: number | null;
}

/** A disputed element, bit by bit: the float32 as 8 hex digits, a token as a decimal number. */
export interface DisputedValues {
  readonly a: string;
  readonly b: string;
  /** What the referee computed. */
  readonly right: string;
}

/** What a dispute ends with. */
export interface Verdict {
  readonly version: 1;
  readonly differs: boolean;
  /** Sides that are shown to be wrong; none where they agree or were asked different things. */
  readonly wrong: readonly SideName[];
  readonly place: DisputedPlace | null;
  readonly values: DisputedValues | null;
  /** In one sentence, for people. */
  readonly detail: string;
  /** Multiplications of the referee, and of computing the answer (that of fewer tokens) once. */
  readonly work: { readonly referee: number; readonly generation: number };
}
