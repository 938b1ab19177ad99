export * from './parse-receipt.js';
export * from './receipt-hashes.js';
export * from './receipt.js';
export * from './verify-receipt.js';
