export { BACKEND_NAMES, type BackendName, type BackendWish } from './backend-names.js';
export { startFastEngine, type FastEngineOptions } from './fast-engine.js';
