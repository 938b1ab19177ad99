export type { ApiKeyView } from './api-key-view.js';
export { ApiKeys, type NewApiKey } from './api-keys.js';
