export * from './command.js';
export * from './loaded-modules.js';
export * from './postgres.js';
export * from './server.js';
export * from './temporary-folder.js';
export * from './test-config.js';
