import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { systemClock } from '../common/index.js';
import { Transactions } from '../database/index.js';
import { GuardianTrail } from '../guardian/index.js';
import type { Secp256k1Signer } from '../keys/index.js';
import { LogAppender } from '../log/index.js';
import { TaskStore } from '../tasks/index.js';
import type { Fees, Transfer } from './fees.js';
import { signTransfer, type UnsignedTransfer } from './sign-transfer.js';

/** A signed transaction as stored before it is sent. */
export interface StoredTransaction {
  /** 0x and 64 hex digits. */
  readonly hash: string;
  /** What goes to the node: 0x and hex. */
  readonly raw: string;
  readonly nonce: number;
  readonly address: string;
}

/** A nonce of which nothing will come, in front of one that waits. */
export interface NonceGap {
  readonly chainId: bigint;
  readonly address: string;
  readonly nonce: number;
  /** The step that had reserved it. */
  readonly stepKey: string;
  /** What was signed to fill it; null where nothing was yet. */
  readonly raw: string | null;
}

/** Begins the key of a transaction that fills a gap; behind it stands that of the step whose nonce it was. */
const FILLER = 'filler:';
/** Event of the record of such a transaction. */
const FILLED = 'nonce.filled';
/** Transactions of an account that are looked at for nonces of which nothing will come. */
const MOST_LOOKED_AT = 1_000;

/**
 * Signed transactions, one per step for ever: nonce and raw bytes are stored in one database transaction before anything is
 * sent, so whatever crashes, only the same bytes can be sent again, and a chain takes a nonce once. What was signed for a step
 * that ended before it noted so was never sent, nor will it be: the next one takes its nonce. So it does of what was withdrawn,
 * because the node refused it.
 */
@Injectable()
export class TransactionStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly tasks: TaskStore,
    private readonly trail: GuardianTrail,
    private readonly log: LogAppender,
  ) {}

  /** The transaction of a step; null while it has none, and where it was withdrawn. */
  async find(stepKey: string): Promise<StoredTransaction | null> {
    const [row] = await this.dataSource.query<Record<string, string>[]>(
      'SELECT hash, raw, nonce, address FROM evm_transactions WHERE step_key = $1 AND withdrawn_at IS NULL',
      [stepKey],
    );
    return row === undefined ? null : ({ ...row, nonce: Number(row.nonce) } as unknown as StoredTransaction);
  }

  /** Reserves the account's next nonce, signs, and stores; a step that has a transaction keeps it. */
  async prepare(
    stepKey: string,
    unsigned: UnsignedTransfer,
    signer: Secp256k1Signer,
  ): Promise<StoredTransaction> {
    await this.transactions.run(async (manager) => {
      const reserved = await this.hold(manager, unsigned);
      const known: unknown[] = await manager.query('SELECT 1 FROM evm_transactions WHERE step_key = $1', [
        stepKey,
      ]);
      if (known.length > 0) return;
      const [given] = await this.unused(manager, unsigned);
      if (given !== undefined) await this.remove(manager, given.stepKey);
      const next = reserved > unsigned.chainNonce ? reserved : unsigned.chainNonce;
      await this.insert(manager, stepKey, given?.nonce ?? Number(next), unsigned, signer);
    });
    return (await this.find(stepKey)) as StoredTransaction;
  }

  /** The first nonce before a waiting transaction of which nothing will come; null where there is none. @param chainNonce as in `UnsignedTransfer` */
  async gap(
    { chainId, address, nonce }: { chainId: bigint; address: string; nonce: number },
    chainNonce: bigint,
  ): Promise<NonceGap | null> {
    const account = { chainId, from: address, chainNonce };
    const [first] = await this.unused(this.dataSource.manager, account);
    const [filler]: { nonce: string; step_key: string; raw: string }[] = await this.dataSource.query(
      `SELECT nonce, step_key, raw FROM evm_transactions
       WHERE chain_id = $1 AND address = $2 AND nonce = $3 AND step_key LIKE '${FILLER}%'`,
      [String(chainId), address, String(chainNonce)],
    );
    const gap = { chainId, address };
    if (filler !== undefined)
      return { ...gap, nonce: Number(filler.nonce), stepKey: filler.step_key, raw: filler.raw };
    return first === undefined || first.nonce >= nonce ? null : { ...gap, ...first, raw: null };
  }

  /** Signs and stores what takes the place of a gap, on record; null where it has gone meanwhile. @returns what goes to the node */
  async fill(gap: NonceGap, nothing: Transfer & Fees, signer: Secp256k1Signer): Promise<string | null> {
    const key = `${FILLER}${gap.stepKey}`;
    const unsigned = { ...nothing, chainId: gap.chainId, chainNonce: BigInt(gap.nonce) };
    await this.transactions.run(async (manager) => {
      await this.hold(manager, unsigned);
      const still = (await this.unused(manager, unsigned)).some(({ stepKey }) => stepKey === gap.stepKey);
      if (!still) return;
      await this.remove(manager, gap.stepKey);
      const hash = await this.insert(manager, key, gap.nonce, unsigned, signer);
      const { chainId, address, nonce, stepKey: step } = gap;
      const facts = { chain_id: String(chainId), address, nonce, hash, step };
      const reason =
        'What was signed with this nonce will never be sent, and another transaction waits behind it.';
      await this.trail.append(manager, { event: FILLED, actor: 'server', reason, facts });
    });
    this.log.committed();
    return (await this.find(key))?.raw ?? null;
  }

  /**
   * Gives the nonce of a transaction back that the node refused and nobody else has. The account's last one is as if it had never
   * been; any other is marked as never to be sent, so that the next transfer takes its nonce, or it is filled.
   */
  async withdraw(stepKey: string): Promise<void> {
    await this.transactions.run(async (manager) => {
      const [row]: Record<string, string>[] = await manager.query(
        `SELECT t.chain_id, t.address, t.nonce, a.next_nonce FROM evm_transactions t
         JOIN evm_accounts a ON a.chain_id = t.chain_id AND a.address = t.address
         WHERE t.step_key = $1 FOR UPDATE OF a`,
        [stepKey],
      );
      if (row === undefined) return;
      if (BigInt(row.next_nonce) !== BigInt(row.nonce) + 1n) {
        await manager.query('UPDATE evm_transactions SET withdrawn_at = $2 WHERE step_key = $1', [
          ...[stepKey, systemClock.now()],
        ]);
        return;
      }
      await this.remove(manager, stepKey);
      await manager.query('UPDATE evm_accounts SET next_nonce = $3 WHERE chain_id = $1 AND address = $2', [
        ...[row.chain_id, row.address, row.nonce],
      ]);
    });
  }

  /** Holds an account until the transaction ends. @returns its next nonce */
  private async hold(
    manager: EntityManager,
    { chainId, from, chainNonce }: Pick<UnsignedTransfer, 'chainId' | 'from' | 'chainNonce'>,
  ): Promise<bigint> {
    await manager.query(
      'INSERT INTO evm_accounts (chain_id, address, next_nonce) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [String(chainId), from, String(chainNonce)],
    );
    const [account]: { next_nonce: string }[] = await manager.query(
      'SELECT next_nonce FROM evm_accounts WHERE chain_id = $1 AND address = $2 FOR UPDATE',
      [String(chainId), from],
    );
    return BigInt(account.next_nonce);
  }

  /** Nonces that the chain has not seen and of which nothing will come: withdrawn, or of steps that ended before they noted what was signed. The lowest first. */
  private async unused(
    manager: EntityManager,
    { chainId, from, chainNonce }: Pick<UnsignedTransfer, 'chainId' | 'from' | 'chainNonce'>,
  ): Promise<{ stepKey: string; nonce: number }[]> {
    const rows: { step_key: string; nonce: string; withdrawn: boolean }[] = await manager.query(
      `SELECT step_key, nonce, withdrawn_at IS NOT NULL AS withdrawn FROM evm_transactions
       WHERE chain_id = $1 AND address = $2 AND nonce >= $3
       ORDER BY nonce LIMIT ${MOST_LOOKED_AT}`,
      [String(chainId), from, String(chainNonce)],
    );
    const ended = await this.tasks.endedUnprepared(
      rows.map((row) => row.step_key),
      manager,
    );
    return rows
      .filter((row) => row.withdrawn || ended.has(row.step_key))
      .map((row) => ({ stepKey: row.step_key, nonce: Number(row.nonce) }));
  }

  private async insert(
    manager: EntityManager,
    stepKey: string,
    nonce: number,
    unsigned: UnsignedTransfer,
    signer: Secp256k1Signer,
  ): Promise<string> {
    const { chainId, from } = unsigned;
    const { hash, raw } = await signTransfer(unsigned, nonce, signer);
    await manager.query(
      `INSERT INTO evm_transactions (step_key, chain_id, address, nonce, hash, raw, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [stepKey, String(chainId), from, nonce, hash, raw, systemClock.now()],
    );
    await manager.query(
      'UPDATE evm_accounts SET next_nonce = greatest(next_nonce, $3) WHERE chain_id = $1 AND address = $2',
      [String(chainId), from, nonce + 1],
    );
    return hash;
  }

  private async remove(manager: EntityManager, stepKey: string): Promise<void> {
    await manager.query('DELETE FROM evm_transactions WHERE step_key = $1', [stepKey]);
  }
}
