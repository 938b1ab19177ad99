import type { SamplingParameters } from '../sampler/index.js';
import type { Receipt, ReceiptEvidence } from './receipt.js';

/** What a receipt and its private part say of how tokens were chosen, in the sampler's words. */
export function statedSampling(
  { parameters, seed }: Receipt['request'],
  { logit_bias, constraint }: Pick<ReceiptEvidence, 'logit_bias' | 'constraint'>,
): SamplingParameters {
  return {
    temperature: parameters.temperature,
    topP: parameters.top_p,
    topK: parameters.top_k,
    minP: parameters.min_p,
    repetitionPenalty: parameters.repetition_penalty,
    presencePenalty: parameters.presence_penalty,
    frequencyPenalty: parameters.frequency_penalty,
    seed,
    ...(logit_bias === undefined ? {} : { logitBias: logit_bias }),
    ...(constraint === undefined ? {} : { constraint }),
  };
}
