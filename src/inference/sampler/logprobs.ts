import { Candidates, weigh } from './candidates.js';
import { ln } from '../../common/mathematics.js';
import { argmax } from './sampler.js';

/** A token with the natural logarithm of its probability. */
export interface TokenLogprob {
  readonly id: number;
  readonly logprob: number;
}

/** Log probabilities under the model itself (before penalties and temperature): of one token and of the likeliest `top`. */
export function logprobs(
  logits: Float32Array,
  token: number,
  top: number,
): { readonly logprob: number; readonly top: readonly TokenLogprob[] } {
  const wide = Float64Array.from(logits);
  const greatest = wide[argmax(wide)];
  const weights = new Float64Array(wide.length);
  const logTotal = ln(weigh(wide, greatest, weights));
  const of = (id: number) => wide[id] - greatest - logTotal;
  const likeliest: TokenLogprob[] = [];
  if (top > 0) {
    for (const { id } of new Candidates(wide, weights, greatest)) {
      likeliest.push({ id, logprob: of(id) });
      if (likeliest.length === top) break;
    }
  }
  return { logprob: of(token), top: likeliest };
}
