export * from './generators/index.js';
export * from './jsonl/index.js';
export * from './planted/index.js';
export * from './quality/index.js';
