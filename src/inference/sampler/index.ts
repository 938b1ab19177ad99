export { logprobs, type TokenLogprob } from './logprobs.js';
export { checkSampling, GREEDY, type SamplingParameters } from './parameters.js';
export { argmax, Sampler } from './sampler.js';
