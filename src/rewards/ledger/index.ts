export {
  available,
  isAccountId,
  LARGEST_AMOUNT,
  type Account,
  type AccountDraft,
  type AccountResult,
} from './account.js';
export { Ledger } from './ledger.js';
export type { Transfer, TransferDraft, TransferRefusal, TransferResult } from './transfer.js';
