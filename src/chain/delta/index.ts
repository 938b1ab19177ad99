export { applyDelta, makeDelta, readDelta, type DeltaSource } from './delta-codec.js';
export { TILE_BYTES, type DeltaBlock, type DeltaHeader, type DeltaSection } from './delta-header.js';
export { DELTA_LIMITS } from './limits.js';
