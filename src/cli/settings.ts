// What a command needs before it knows what to do. Loaded when it runs, so that help and wrong use answer at once.
export { loadConfig } from '../config/index.js';
export { databaseRefusal } from '../database/index.js';
