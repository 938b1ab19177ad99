export { Ledger, type TransferDraft, type TransferResult } from './ledger/index.js';
export { RewardsModule } from './rewards.module.js';
