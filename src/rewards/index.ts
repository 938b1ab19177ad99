export {
  EpochStore,
  HttpEpochSource,
  recomputeEpoch,
  StoredEpochSource,
  type Ask,
  type EpochComparison,
  type PublishedEpoch,
} from './epochs/index.js';
export { EPOCH_ENTRY } from './epochs/leaf-kinds.js';
export { epochSubject } from './epochs/epoch-transfers.js';
export { Ledger, type TransferDraft, type TransferResult } from './ledger/index.js';
export { RewardsModule } from './rewards.module.js';
