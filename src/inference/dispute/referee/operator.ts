import type { Result } from '../../../common/index.js';
import type { ModelConfig } from '../../kernel/index.js';
import type { OperatorName, Place } from '../place.js';
import type { PlainWeights } from './weights.js';

/** What an operator computes from. */
export interface OperatorInput {
  readonly config: ModelConfig;
  readonly place: Place;
  /** The outputs of `inputs`, in that order. */
  readonly values: readonly Float32Array[];
  readonly weights: PlainWeights;
  /** The token at this position. */
  readonly token: number;
}

/** One operator of the forward pass in plain float32 arithmetic. */
export interface Operator {
  /** Places whose outputs it reads: of this position, or of earlier ones. */
  inputs(config: ModelConfig, place: Place): Place[];
  /** Its output's bits are those of the kernel. Refuses what weights are refused with, and an expert that there is not. */
  compute(input: OperatorInput): Result<Float32Array>;
  /** Length of the output. */
  length(config: ModelConfig): number;
  /** Multiplications of weights and activations, of queries, keys and values. */
  work(config: ModelConfig, place: Place): number;
}

/** The output of another operator of the same position and section. */
export function beside(place: Place, operator: OperatorName, rank = 0): Place {
  return { ...place, operator, rank };
}

/** The residual stream before a section: what the section before it gave. */
export function residualBefore(place: Place): Place {
  const section = place.section - 1;
  return { ...place, section, rank: 0, operator: section === 0 ? 'embedding' : 'combine' };
}
