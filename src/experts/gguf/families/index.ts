export type { GgufFamily, RowOrder } from './family.js';
export { ggufFamily } from './registry.js';
