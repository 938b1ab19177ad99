export * from './checkpoint.js';
export * from './note.js';
