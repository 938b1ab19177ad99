import { sha256Hex } from '../../common/index.js';
import type { BatchRequest } from '../ledger/compute-batch.js';
import type { TransferDraft } from '../ledger/transfer.js';
import { BLY, issuanceAccount, openYear } from '../policy/issuance.js';
import type { RewardsPolicy } from '../policy/rewards-policy.js';
import { OWED } from './accounts.js';
import { sumOf, type Payouts } from './compute-epoch.js';
import { epochSubject } from './leaf-kinds.js';

/**
 * The batch that carries an epoch out: what was earned goes from the year's account to the one of what is owed, what is paid from
 * there to the accounts, all linked. Ids follow from the epoch's number and the place, so that a second attempt changes nothing.
 * Null where nothing moves.
 */
export function epochBatch(epoch: number, payouts: Payouts, policy: RewardsPolicy): BatchRequest | null {
  const { earned, paid, after } = payouts;
  const total = sumOf(earned);
  const moves = [
    ...(total > 0n
      ? [{ debit: issuanceAccount(after.year), credit: OWED, amount: total, code: 'reward.earned' }]
      : []),
    ...paid.map(({ account, amount }) => ({ debit: OWED, credit: account, amount, code: 'reward.paid' })),
  ];
  if (moves.length === 0) return null;
  // The year was opened with the budget it had then, whatever the policy says now; without earnings nobody needs it.
  const year = openYear({ ...policy, yearlyCap: after.yearBudget }, after.year);
  const opening = total > 0n ? year : { accounts: [], transfers: [] };
  const transfers = moves.map((move, i): TransferDraft => ({
    ...move,
    ...{ id: transferId(epoch, i), reference: epochSubject(epoch), linked: i < moves.length - 1 },
  }));
  const accounts = [OWED, ...paid.map(({ account }) => account)].map((id) => ({ id, asset: BLY }));
  return {
    accounts: [...opening.accounts, ...accounts],
    transfers: [...opening.transfers, ...transfers],
  };
}

function transferId(epoch: number, place: number): string {
  return sha256Hex(`stemma epoch ${epoch} ${place}`).slice(0, 32);
}
