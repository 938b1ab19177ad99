export * from './canonical-json.js';
export * from './clock.js';
export * from './errors.js';
export * from './events.js';
export * from './hash.js';
export * from './merkle.js';
export * from './result.js';
export * from './state-machine.js';
