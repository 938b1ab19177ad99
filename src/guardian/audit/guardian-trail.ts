import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { LogAppender } from '../../log/index.js';
import {
  GUARDIAN_ENTRY,
  TUNED,
  guardianRecord,
  recordHash,
  recordText,
  type GuardianFacts,
  type GuardianRecord,
} from './guardian-record.js';

/** A record with its hash and its place in the log; `txid` is null until the log has numbered it. */
export interface PlacedGuardianRecord {
  readonly hash: string;
  readonly position: string;
  readonly txid: number | null;
  /** The leaf's exact text. */
  readonly leaf: string | null;
  readonly record: GuardianRecord;
}

/** Which records are wanted, oldest first. */
export interface TrailQuery {
  readonly decision?: string;
  /** Records behind this position. */
  readonly after?: string;
  readonly limit: number;
}

interface Row {
  readonly hash: string;
  readonly position: string;
  readonly record: string;
  readonly leaf_index: string | null;
  readonly leaf: string | null;
}

/** What guardians and automatic action leave behind: a row and a leaf of the log, in the transaction of the change itself. */
@Injectable()
export class GuardianTrail {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: LogAppender,
  ) {}

  /** Writes a record and its leaf in the caller's transaction. */
  async append(manager: EntityManager, facts: GuardianFacts): Promise<GuardianRecord> {
    const record = guardianRecord(facts);
    await this.appendOnce(manager, record);
    return record;
  }

  /**
   * Writes a record that was drawn up before, and its leaf; nothing where an earlier try has written it although it seemed to fail.
   * @returns false where it is there already
   */
  async appendOnce(manager: EntityManager, record: GuardianRecord): Promise<boolean> {
    const hash = recordHash(record);
    const written: unknown[] = await manager.query(
      `INSERT INTO guardian_audit (hash, decision_id, record) VALUES ($1, $2, $3)
       ON CONFLICT (hash) DO NOTHING RETURNING 1`,
      [hash, record.decision, recordText(record)],
    );
    if (written.length === 0) return false;
    const { actor, event, decision, state } = record;
    await this.log.append(manager, [
      { kind: GUARDIAN_ENTRY, subject: hash, actor, hash, data: { event, decision, state } },
    ]);
    return true;
  }

  /** Records, oldest first. */
  async list({ decision, after, limit }: TrailQuery): Promise<PlacedGuardianRecord[]> {
    return this.read(
      `WHERE ($1::text IS NULL OR a.decision_id = $1) AND a.position > $2 ORDER BY a.position LIMIT $3`,
      [decision ?? null, after ?? '0', limit],
    );
  }

  /** The newest records, newest first. */
  newest(limit: number): Promise<PlacedGuardianRecord[]> {
    return this.read('ORDER BY a.position DESC LIMIT $1', [limit]);
  }

  /** Changes of the safety limits, newest first. */
  tunings(limit: number): Promise<PlacedGuardianRecord[]> {
    // Said as the partial index says it.
    return this.read(`WHERE a.record LIKE '%"event":"${TUNED}"%' ORDER BY a.position DESC LIMIT $1`, [limit]);
  }

  /** Every stored record as it lies there, `page` at a time; what is not JSON reads as null. */
  async *all(page: number): AsyncGenerator<{ hash: string; record: unknown }> {
    for (let after = '0'; ;) {
      const rows = await this.dataSource.query<{ position: string; hash: string; record: string }[]>(
        'SELECT position, hash, record FROM guardian_audit WHERE position > $1 ORDER BY position LIMIT $2',
        [after, page],
      );
      for (const { hash, record } of rows) yield { hash, record: parsed(record) };
      if (rows.length < page) return;
      after = rows[rows.length - 1].position;
    }
  }

  private async read(condition: string, parameters: unknown[]): Promise<PlacedGuardianRecord[]> {
    const rows = await this.dataSource.query<Row[]>(
      `SELECT a.hash, a.position, a.record, l.leaf_index, l.leaf FROM guardian_audit a
       LEFT JOIN log_entries l ON l.subject = a.hash AND l.kind = '${GUARDIAN_ENTRY}' ${condition}`,
      parameters,
    );
    return rows.map(({ hash, position, record, leaf_index: index, leaf }) => ({
      ...{ hash, position, leaf, record: JSON.parse(record) as GuardianRecord },
      txid: index === null ? null : Number(index),
    }));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
