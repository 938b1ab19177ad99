export * from './app-config.js';
export * from './config.module.js';
export * from './data-folder.js';
export * from './kernel-memory.js';
export * from './load-config.js';
export * from './loopback.js';
export * from './process-lock.js';
export * from './settings.js';
