import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { bytesToHex, hexToBytes, systemClock } from '../common/index.js';
import { Transactions } from '../database/index.js';
import type { Secp256k1Signer } from '../keys/index.js';
import type { Fees, Transfer } from './fees.js';

/** A signed transaction as stored before it is sent. */
export interface StoredTransaction {
  /** 0x and 64 hex digits. */
  readonly hash: string;
  /** What goes to the node: 0x and hex. */
  readonly raw: string;
  readonly nonce: number;
  readonly address: string;
}

/** What a transaction is signed from. */
export interface UnsignedTransfer extends Transfer, Fees {
  readonly chainId: bigint;
  /** Transactions of the account that the chain knows of. */
  readonly chainNonce: bigint;
}

/**
 * Signed transactions, one per step for ever: nonce and raw bytes are stored in one database transaction before anything is
 * sent, so whatever crashes, only the same bytes can be sent again, and a chain takes a nonce once.
 */
@Injectable()
export class TransactionStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
  ) {}

  /** The transaction of a step; null while it has none. */
  async find(stepKey: string): Promise<StoredTransaction | null> {
    const [row] = await this.dataSource.query<Record<string, string>[]>(
      'SELECT hash, raw, nonce, address FROM evm_transactions WHERE step_key = $1',
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
    const { chainId, from } = unsigned;
    await this.transactions.run(async (manager) => {
      await manager.query(
        'INSERT INTO evm_accounts (chain_id, address, next_nonce) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [String(chainId), from, String(unsigned.chainNonce)],
      );
      const [account]: { next_nonce: string }[] = await manager.query(
        'SELECT next_nonce FROM evm_accounts WHERE chain_id = $1 AND address = $2 FOR UPDATE',
        [String(chainId), from],
      );
      const known: unknown[] = await manager.query('SELECT 1 FROM evm_transactions WHERE step_key = $1', [
        stepKey,
      ]);
      if (known.length > 0) return;
      const reserved = BigInt(account.next_nonce);
      const nonce = Number(reserved > unsigned.chainNonce ? reserved : unsigned.chainNonce);
      const { hash, raw } = await signTransfer(unsigned, nonce, signer);
      await manager.query(
        `INSERT INTO evm_transactions (step_key, chain_id, address, nonce, hash, raw, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [stepKey, String(chainId), from, nonce, hash, raw, systemClock.now()],
      );
      await manager.query('UPDATE evm_accounts SET next_nonce = $3 WHERE chain_id = $1 AND address = $2', [
        ...[String(chainId), from, nonce + 1],
      ]);
    });
    return (await this.find(stepKey)) as StoredTransaction;
  }

  /** Gives the nonce of a transaction back that the node refused and nobody else has; only the account's last one can be. */
  async withdraw(stepKey: string): Promise<void> {
    await this.transactions.run(async (manager) => {
      const [row]: Record<string, string>[] = await manager.query(
        `SELECT t.chain_id, t.address, t.nonce FROM evm_transactions t
         JOIN evm_accounts a ON a.chain_id = t.chain_id AND a.address = t.address AND a.next_nonce = t.nonce + 1
         WHERE t.step_key = $1 FOR UPDATE OF a`,
        [stepKey],
      );
      if (row === undefined) return;
      await manager.query('DELETE FROM evm_transactions WHERE step_key = $1', [stepKey]);
      await manager.query('UPDATE evm_accounts SET next_nonce = $3 WHERE chain_id = $1 AND address = $2', [
        ...[row.chain_id, row.address, row.nonce],
      ]);
    });
  }
}

/** Signs a plain EIP-1559 transfer with a key that leaves its module only as signatures. */
async function signTransfer(
  { chainId, from, to, value, gas, maxFeePerGas, maxPriorityFeePerGas }: UnsignedTransfer,
  nonce: number,
  signer: Secp256k1Signer,
): Promise<{ hash: string; raw: string }> {
  const { Signature, Transaction } = await import('ethers');
  const fields = {
    type: 2,
    chainId,
    nonce,
    to,
    value,
    gasLimit: gas,
    maxFeePerGas,
    maxPriorityFeePerGas,
    data: '0x',
  };
  const unsigned = Transaction.from(fields);
  const compact = bytesToHex(signer.signDigest(hexToBytes(unsigned.unsignedHash.slice(2))));
  for (const yParity of [0, 1] as const) {
    const signature = Signature.from({
      r: `0x${compact.slice(0, 64)}`,
      s: `0x${compact.slice(64)}`,
      yParity,
    });
    const signed = Transaction.from({ ...fields, signature });
    if (signed.from === from && signed.hash !== null) return { hash: signed.hash, raw: signed.serialized };
  }
  throw new Error('the signature does not lead to the account of its key');
}
