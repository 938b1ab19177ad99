export * from './codec.js';
export * from './header.js';
export * from './payload.js';
export * from './shape.js';
export * from './signature.js';
export * from './unknown-block.js';
export * from './verify.js';
export * from './work.js';
