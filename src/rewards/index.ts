export { correctable, type CorrectionWish } from './corrections/correction.js';
export { Corrections, unknownTransfer } from './corrections/corrections.js';
export {
  EpochStore,
  recomputeEpoch,
  recomputeFromServer,
  StoredEpochSource,
  unknownEpoch,
  type Ask,
  type EpochComparison,
  type PublishedEpoch,
} from './epochs/index.js';
export { personAccount } from './epochs/accounts.js';
export { EPOCH_ENTRY, epochSubject } from './epochs/leaf-kinds.js';
export { depositBytes, type DepositStatement } from './fees/deposit.js';
export { LARGEST_AMOUNT, Ledger, type TransferDraft, type TransferResult } from './ledger/index.js';
export { LedgerReader } from './ledger/ledger-reader.js';
export { parseBly } from './policy/fixed-point.js';
export { RewardsModule } from './rewards.module.js';
