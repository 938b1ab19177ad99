import { sha256Hex } from '../../common/index.js';
import type { AccountDraft } from '../ledger/account.js';
import type { TransferDraft } from '../ledger/transfer.js';
import type { RewardsPolicy } from './rewards-policy.js';

/** The asset of rewards. */
export const BLY = 'BLY';

/** The account everything comes from; it may go below zero by the supply, and no further. */
export const ISSUER = 'issuer';

/** The account of what may be issued in a calendar year. */
export function issuanceAccount(year: number): string {
  return `issuance:${year}`;
}

/**
 * What makes the yearly cap an invariant of the ledger: a year's account is filled once, by a transfer whose id depends on
 * the year alone, and rewards are paid from that account, which cannot be overdrawn. Asking again changes nothing.
 */
export function openYear(
  { supply, yearlyCap }: RewardsPolicy,
  year: number,
): { readonly accounts: AccountDraft[]; readonly transfers: TransferDraft[] } {
  const credit = issuanceAccount(year);
  return {
    accounts: [
      { id: ISSUER, asset: BLY, overdraftLimit: supply },
      { id: credit, asset: BLY },
    ],
    transfers: [
      {
        id: sha256Hex(`stemma issuance ${year}`).slice(0, 32),
        ...{ debit: ISSUER, credit, amount: yearlyCap, code: 'issuance', reference: String(year) },
        // The last years share what is left of the supply.
        balancing: true,
      },
    ],
  };
}
