import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { LogAppender } from '../../log/index.js';
import {
  AUDIT_ENTRY,
  auditHash,
  auditRecord,
  auditText,
  type AuditFacts,
  type AuditRecord,
} from './audit-record.js';

/** A record with its hash and its place in the log; `txid` is null until the log has numbered it. */
export interface PlacedRecord {
  readonly hash: string;
  readonly txid: number | null;
  readonly record: AuditRecord;
}

interface Row {
  readonly hash: string;
  readonly record: string;
  readonly leaf_index: string | null;
}

/** Where every step leaves what it did: a row and a leaf of the log, in the transaction of the change itself. */
@Injectable()
export class AuditTrail {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: LogAppender,
  ) {}

  /** Writes a record and its leaf in the caller's transaction. */
  async append(manager: EntityManager, facts: AuditFacts): Promise<PlacedRecord> {
    const record = auditRecord(facts);
    const hash = auditHash(record);
    await manager.query(
      'INSERT INTO task_audit (hash, task_id, input_hash, output_hash, record) VALUES ($1, $2, $3, $4, $5)',
      [hash, record.task, record.input_hash, record.output_hash, auditText(record)],
    );
    const { task, step, event, status } = record;
    await this.log.append(manager, [
      { kind: AUDIT_ENTRY, subject: hash, actor: record.actor, hash, data: { task, step, event, status } },
    ]);
    return { hash, txid: null, record };
  }

  /** Records of a task, oldest first, at most `limit` of them behind the first `skip`. */
  async of(task: string, skip: number, limit: number): Promise<PlacedRecord[]> {
    const rows = await this.dataSource.query<Row[]>(
      `SELECT a.hash, a.record, l.leaf_index FROM task_audit a
       LEFT JOIN log_entries l ON l.subject = a.hash AND l.kind = '${AUDIT_ENTRY}'
       WHERE a.task_id = $1 ORDER BY a.position OFFSET $2 LIMIT $3`,
      [task, skip, limit],
    );
    return rows.map(placed);
  }

  /** The first record with that hash, or that output or input hash; null where there is none. */
  async find(hash: string): Promise<PlacedRecord | null> {
    const rows = await this.dataSource.query<Row[]>(
      `SELECT a.hash, a.record, l.leaf_index FROM task_audit a
       LEFT JOIN log_entries l ON l.subject = a.hash AND l.kind = '${AUDIT_ENTRY}'
       WHERE a.hash = $1 OR a.output_hash = $1 OR a.input_hash = $1
       ORDER BY (a.hash = $1) DESC, (a.output_hash = $1) DESC NULLS LAST, a.position LIMIT 1`,
      [hash],
    );
    return rows.length === 0 ? null : placed(rows[0]);
  }

  /** Every stored record as it lies there, `page` at a time; what is not JSON reads as null. */
  async *all(page: number): AsyncGenerator<{ hash: string; record: unknown }> {
    for (let after = '0'; ;) {
      const rows = await this.dataSource.query<{ position: string; hash: string; record: string }[]>(
        'SELECT position, hash, record FROM task_audit WHERE position > $1 ORDER BY position LIMIT $2',
        [after, page],
      );
      for (const { hash, record } of rows) yield { hash, record: parsed(record) };
      if (rows.length < page) return;
      after = rows[rows.length - 1].position;
    }
  }
}

function placed({ hash, record, leaf_index: index }: Row): PlacedRecord {
  return { hash, txid: index === null ? null : Number(index), record: JSON.parse(record) as AuditRecord };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
