export * from './compare-replay.js';
export * from './exactness.js';
export * from './parse-receipt.js';
export * from './receipt-hashes.js';
export * from './receipt.js';
export * from './stated-sampling.js';
export * from './verify-log.js';
export * from './verify-receipt.js';
