import { CodedError, err, ok, type Result } from '../../common/index.js';
import { isConstraint, type Constraint } from '../constraints/index.js';

/** How a token is chosen from logits. Part of the receipt: every field is always present. */
export interface SamplingParameters {
  /** 0 = greedy; up to 100. */
  readonly temperature: number;
  /** Keep the fewest tokens whose probability reaches this, 0 < topP <= 1. */
  readonly topP: number;
  /** Keep so many of the likeliest tokens; 0 = all. */
  readonly topK: number;
  /** Keep tokens at least this many times as likely as the likeliest, 0..1. */
  readonly minP: number;
  /** Divides positive and multiplies negative logits of tokens in prompt or answer, 0 < p <= 100; 1 = none. */
  readonly repetitionPenalty: number;
  /** Subtracted from logits of tokens in the answer, -100..100. */
  readonly presencePenalty: number;
  /** Subtracted once per occurrence in the answer, -100..100. */
  readonly frequencyPenalty: number;
  /** Whole number 0 … 2^53 - 1. */
  readonly seed: number;
  /** Added to the logits of single tokens: ids ascending, each once, -100..100. Absent = none. */
  readonly logitBias?: LogitBias;
  /** What the text must obey; absent = nothing. Its schema is checked where it is compiled. */
  readonly constraint?: Constraint;
}

/** Token ids, ascending, each with what is added to its logit. */
export type LogitBias = readonly (readonly [id: number, bias: number])[];

/** Tokens that a bias may be given for at most. */
export const MOST_BIASED = 1024;
const LARGEST_BIAS = 100;

/** Greedy choice without penalties. */
export const GREEDY: SamplingParameters = {
  temperature: 0,
  topP: 1,
  topK: 0,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 0,
};

type NumericField = Exclude<keyof SamplingParameters, 'logitBias' | 'constraint'>;

const RANGES: Readonly<Record<NumericField, readonly [number, number]>> = {
  temperature: [0, 100],
  topP: [1e-6, 1],
  topK: [0, 2 ** 31],
  minP: [0, 1],
  repetitionPenalty: [1e-3, 100],
  presencePenalty: [-100, 100],
  frequencyPenalty: [-100, 100],
  seed: [0, Number.MAX_SAFE_INTEGER],
};

/** Refuses (`SAMPLING_PARAMETER`, naming field and range) what is out of range, not a number, or -0. */
export function checkSampling(parameters: SamplingParameters): Result<void> {
  for (const [field, [least, most]] of Object.entries(RANGES)) {
    const value = parameters[field as NumericField];
    const whole = field === 'topK' || field === 'seed';
    if (
      typeof value !== 'number' ||
      !(value >= least && value <= most) ||
      (whole && !Number.isInteger(value))
    ) {
      const message = `${field} must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}`;
      return err(new CodedError('SAMPLING_PARAMETER', message, { field, least, most }));
    }
  }
  if (parameters.logitBias !== undefined && !isLogitBias(parameters.logitBias)) return wrong('logitBias');
  if (parameters.constraint !== undefined && !isConstraint(parameters.constraint)) return wrong('constraint');
  return ok();
}

/** Whether untrusted data is a logit bias: pairs of token id (ascending) and bias, as many as are allowed. */
export function isLogitBias(value: unknown): value is LogitBias {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_BIASED) return false;
  let before = -1;
  return value.every((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) return false;
    const [id, bias] = pair as unknown[];
    const right =
      Number.isSafeInteger(id) && (id as number) > before && (id as number) < 2 ** 32 && isBias(bias);
    before = id as number;
    return right;
  });
}

/** Whether a value may be added to a logit. */
export function isBias(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= LARGEST_BIAS && !Object.is(value, -0);
}

function wrong(field: string): Result<never> {
  const message = `${field} is not of the form it should have`;
  return err(new CodedError('SAMPLING_PARAMETER', message, { field }));
}
