import { createHmac } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FreshCache } from '../../common/fresh-cache.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { longReading } from '../../database/index.js';
import { NodeKeys } from '../../keys/index.js';
import { LogAppender } from '../../log/index.js';
import { BLY } from '../policy/issuance.js';
import { SOLVENCY_FORMAT, type SolvencyProof } from './solvency-proof.js';
import { leafNode, SumTree, type SumNode } from './sum-tree.js';

/** Kind of the log entry that commits to a root. */
export const SOLVENCY_ENTRY = 'rewards.solvency';

/** How old the balances may be, ms. */
const FRESH_MS = 60_000;
/** Accounts that a tree is made over at most: it takes about 100 bytes for each, and a second for all. */
const MOST_ACCOUNTS = 200_000;
/** Leaves that are made before others get their turn. */
const LEAVES_A_TURN = 1_024;
const COMMIT_DEADLINE_MS = 5_000;

/** What all balances come to. */
export interface SolvencyTotals {
  /** Hash of the block of chain C that the balances are those behind. */
  readonly block: string;
  readonly accounts: number;
  /** 64 hex digits. */
  readonly root: string;
  /** Units of all balances. */
  readonly sum: bigint;
  /** Units that were ever issued: what issuers are below zero. */
  readonly issued: bigint;
}

interface Balance {
  readonly id: string;
  readonly balance: bigint;
}

interface Snapshot {
  readonly totals: SolvencyTotals;
  readonly tree: SumTree;
  readonly balances: readonly Balance[];
}

/** Proves to everybody that what they are owed is part of what was issued, without showing them the others. */
@Injectable()
export class Solvency {
  private readonly snapshots = new FreshCache(() => this.snapshot(), {
    freshMs: FRESH_MS,
    most: 1,
    keeps: ({ ok: made }) => made,
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly keys: NodeKeys,
    private readonly log: LogAppender,
  ) {}

  /** The root and the sums; `SOLVENCY_EMPTY` (404) before the first account, `SOLVENCY_TOO_LARGE` (503). */
  async totals(): Promise<Result<SolvencyTotals>> {
    const found = await this.snapshots.get('');
    return found.ok ? ok(found.value.totals) : found;
  }

  /** The proof of an account; `LEDGER_ACCOUNT_NOT_FOUND` (404) for issuers too, which owe and are not owed. */
  async proof(account: string): Promise<Result<SolvencyProof>> {
    const found = await this.snapshots.get('');
    if (!found.ok) return found;
    const { totals, tree, balances } = found.value;
    const index = balances.findIndex(({ id }) => id === account);
    if (index < 0) {
      const message = `No balance of ${account} is part of the sum.`;
      return err(new CodedError('LEDGER_ACCOUNT_NOT_FOUND', message, { account }, 404));
    }
    const { block, root, sum } = totals;
    const path = tree.path(index).map((step) => ({ ...step, sum: String(step.sum) }));
    return ok({
      ...{ format: SOLVENCY_FORMAT, asset: BLY, block, account },
      salt: this.salt(block, account).toString('hex'),
      ...{ balance: String(balances[index].balance), path, root, sum: String(sum) },
    });
  }

  /** Puts the root of the balances as they are now into the log, once for each block of chain C. */
  async commit(): Promise<Result<void>> {
    this.snapshots.clear();
    const totals = await this.totals();
    if (!totals.ok) return totals;
    const { block, accounts, root, sum, issued } = totals.value;
    await this.log.publishOnce(
      {
        ...{ kind: SOLVENCY_ENTRY, subject: block, actor: 'rewards', hash: root },
        data: { accounts, sum: String(sum), issued: String(issued) },
      },
      COMMIT_DEADLINE_MS,
    );
    return ok();
  }

  private async snapshot(): Promise<Result<Snapshot>> {
    const read = await this.read();
    if (!read.ok) return read;
    const { block, issued, balances } = read.value;
    const leaves: SumNode[] = [];
    for (const { id, balance } of balances) {
      leaves.push(leafNode(this.salt(block, id), id, balance, nativeSha256));
      if (leaves.length % LEAVES_A_TURN === 0) await setImmediate();
    }
    const tree = await SumTree.over(leaves, nativeSha256, () => setImmediate());
    const { hash: root, sum } = tree.root;
    return ok({ totals: { block, accounts: balances.length, root, sum, issued }, tree, balances });
  }

  /** All balances at one moment, by name. */
  private read(): Promise<Result<{ block: string; issued: bigint; balances: Balance[] }>> {
    return longReading(this.dataSource, async (manager) => {
      const rows = await manager.query<{ id: string; balance: string }[]>(
        `SELECT id, credits_posted - debits_posted AS balance FROM ledger_accounts
         WHERE asset = $1 AND overdraft_limit = 0 ORDER BY id LIMIT $2`,
        [BLY, MOST_ACCOUNTS + 1],
      );
      const [{ issued, block }] = await manager.query<{ issued: string; block: string | null }[]>(
        `SELECT (SELECT coalesce(sum(debits_posted - credits_posted), 0) FROM ledger_accounts
           WHERE asset = $1 AND overdraft_limit > 0) AS issued,
           (SELECT head_hash FROM chain_heads WHERE chain_id = 'C') AS block`,
        [BLY],
      );
      if (rows.length === 0 || block === null)
        return err(new CodedError('SOLVENCY_EMPTY', 'The ledger has no accounts yet.', {}, 404));
      if (rows.length > MOST_ACCOUNTS) return err(tooMany());
      const balances = rows.map(({ id, balance }) => ({ id, balance: BigInt(balance) }));
      return ok({ block, issued: BigInt(issued), balances });
    });
  }

  /** Hides an account from those who see its leaf; another one behind every block, so that leaves cannot be followed. */
  private salt(block: string, account: string): Buffer {
    const text = `stemma/solvency/v1 ${block} ${account}`;
    return createHmac('sha256', this.keys.tokenSecret).update(text).digest();
  }
}

function tooMany(): CodedError {
  const message = `The tree is made over at most ${MOST_ACCOUNTS} accounts.`;
  return new CodedError('SOLVENCY_TOO_LARGE', message, { limit: MOST_ACCOUNTS }, 503);
}
