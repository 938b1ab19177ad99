export { type Ask } from './http-source.js';
export { recomputeFromServer, unknownEpoch } from './recompute-from-server.js';
export { recomputeEpoch, type PublishedEpoch, type EpochComparison } from './recompute-epoch.js';
export { EpochStore, type StoredEpoch } from './epoch-store.js';
export { StoredEpochSource } from './stored-source.js';
