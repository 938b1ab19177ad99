export * from './generators/index.js';
export * from './jsonl/index.js';
