export { ConfigReader } from './config-reader.js';
export type { Family, FamilyReading, FusedPattern, TensorPattern } from './family.js';
export { FAMILIES, FAMILY_NAMES } from './registry.js';
export { originNames, originOf, type ExpertPart, type TensorOrigin } from './origin.js';
