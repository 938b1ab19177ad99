export { DOMAINS, examples, first, mixture, SPLITS, type LabelledExample, type Split } from './dataset.js';
export { evaluationSet } from './evaluation-set.js';
export { isHeldOut, type Domain, type Example } from './example.js';
export { Random } from './random.js';
