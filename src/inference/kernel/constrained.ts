import { CodedError, err, ok, unwrap, type Result } from '../../common/index.js';
import type { Grammars } from '../constraints/index.js';
import { Sampler, type SamplingParameters } from '../sampler/index.js';
import type { Work } from './requests.js';

/**
 * Refuses a constraint that cannot be obeyed: `CONSTRAINT_UNSUPPORTED` where the model's tokens are not known as text, and what
 * compiling it is refused with.
 */
export function checkConstraint(work: Work, grammars: Grammars | null): Result<void> {
  if (!('sampling' in work) || work.sampling.constraint === undefined) return ok();
  if (grammars === null) {
    const message = 'Constrained answers are not possible: this model has no tokenizer.';
    return err(new CodedError('CONSTRAINT_UNSUPPORTED', message, {}, 400));
  }
  const matcher = grammars.matcher(work.sampling.constraint);
  return matcher.ok ? ok() : matcher;
}

/** The sampler of an answer whose constraint, if it has one, was checked. */
export function createSampler(
  { sampling, promptIds }: { readonly sampling: SamplingParameters; readonly promptIds: readonly number[] },
  grammars: Grammars | null,
): Sampler {
  const { constraint } = sampling;
  if (constraint === undefined) return new Sampler(sampling, promptIds);
  if (grammars === null) throw new Error('a constraint needs the tokens of the model as text');
  return new Sampler(sampling, promptIds, unwrap(grammars.matcher(constraint)));
}
