export { logprobs, type TokenLogprob } from './logprobs.js';
export {
  checkSampling,
  GREEDY,
  isBias,
  isLogitBias,
  MOST_BIASED,
  type LogitBias,
  type SamplingParameters,
} from './parameters.js';
export { argmax, Sampler, type TokenFilter } from './sampler.js';
