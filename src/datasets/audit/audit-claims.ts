import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { bytesToHex } from '../../common/index.js';
import { NodeKeys } from '../../keys/index.js';
import { DatasetClock } from '../vote/dataset-clock.js';

/** How long an audit is left to whoever began it without a sign of life, ms. */
export const LEASE_MS = 30_000;
const SIGN_EVERY_MS = 10_000;

/** An audit that this process, and no other, is doing. */
export interface AuditClaim {
  readonly dataset: string;
  readonly worker: string;
  /** From 1. */
  readonly attempt: number;
}

/** Who looks through which dataset: a lease that is renewed while the work goes on. */
@Injectable()
export class AuditClaims {
  /** Names this data folder: what was begun under it and not settled at a start was cut off by a crash. */
  private readonly instance: string;

  constructor(
    keys: NodeKeys,
    private readonly dataSource: DataSource,
    private readonly clock: DatasetClock,
  ) {
    this.instance = bytesToHex(keys.logSigner.publicKey);
  }

  /** Begins; null where somebody else is at it. */
  async claim(dataset: string, worker: string): Promise<AuditClaim | null> {
    const now = this.clock.now();
    const rows = await this.dataSource.query<{ attempts: number }[]>(
      `WITH claimed AS (
         UPDATE datasets SET worker = $2, instance = $3, attempts = attempts + 1, due_at = $5
         WHERE id = $1 AND (worker IS NULL OR due_at <= $4) RETURNING attempts
       ) SELECT attempts FROM claimed`,
      [dataset, worker, this.instance, now, now + LEASE_MS],
    );
    return rows.length === 0 ? null : { dataset, worker, attempt: rows[0].attempts };
  }

  /** Shows signs of life until the returned function is called. */
  keepAlive(claim: AuditClaim): () => void {
    const sign = () => void this.postpone(claim, LEASE_MS).catch(() => undefined);
    const timer = setInterval(sign, SIGN_EVERY_MS);
    return () => clearInterval(timer);
  }

  /** Gives an audit back, to be begun again after some time, ms. */
  async giveBack(claim: AuditClaim, afterMs: number, counts: boolean): Promise<void> {
    await this.dataSource.query(
      `UPDATE datasets SET worker = NULL, due_at = $3, attempts = attempts - $4 WHERE id = $1 AND worker = $2`,
      [claim.dataset, claim.worker, this.clock.now() + afterMs, counts ? 0 : 1],
    );
  }

  /** Ends one that changed no stage. @param dueAt when the set is looked through again */
  async finish(
    manager: EntityManager,
    claim: AuditClaim,
    scannedAt: number,
    dueAt: number,
  ): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `WITH done AS (
         UPDATE datasets SET worker = NULL, attempts = 0, scanned_at = $3, due_at = $4
         WHERE id = $1 AND worker = $2 RETURNING 1
       ) SELECT 1 FROM done`,
      [claim.dataset, claim.worker, scannedAt, dueAt],
    );
    return rows.length > 0;
  }

  /** At a start: what this data folder's earlier process was doing is due at once. */
  async takeUp(): Promise<void> {
    await this.dataSource.query(
      'UPDATE datasets SET due_at = $2 WHERE instance = $1 AND worker IS NOT NULL',
      [this.instance, this.clock.now()],
    );
  }

  private async postpone({ dataset, worker }: AuditClaim, afterMs: number): Promise<void> {
    await this.dataSource.query('UPDATE datasets SET due_at = $3 WHERE id = $1 AND worker = $2', [
      dataset,
      worker,
      this.clock.now() + afterMs,
    ]);
  }
}
