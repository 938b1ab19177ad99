import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { canonicalJson, hashJson, systemClock, type Json } from '../../common/index.js';
import { LogAppender } from '../../log/index.js';

/** Kinds of leaves this trail puts into the log. */
export const RECORD_KINDS = ['alert', 'incident'] as const;

/** One of `RECORD_KINDS`. */
export type RecordKind = (typeof RECORD_KINDS)[number];

/** Version of the record's document (docs/formats/monitoring-record.md). */
export const RECORD_VERSION = 1;

/** What happened to an alert or an incident. */
export interface RecordFacts {
  readonly kind: RecordKind;
  /** Id of the alert or incident. */
  readonly subject: string;
  readonly state: string;
  readonly severity: string;
  /** The fingerprint of an alert, the cause of an incident. */
  readonly about: string;
  /** Who did it: an account, or `server`. */
  readonly actor: string;
  /** Evidence appears as its hash: it may name what is private. */
  readonly evidence: Json;
  /** The remedy that was tried; null for alerts and where none was. */
  readonly remedy?: string | null;
}

/** A stored record as it lies there; null where it is no JSON. */
export interface StoredRecord {
  readonly hash: string;
  readonly kind: string;
  readonly subject: string;
  readonly record: Json;
}

/** Where alerts and incidents leave what happened: a row and a leaf of the log, in the transaction of the change itself. */
@Injectable()
export class RecordTrail {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: LogAppender,
  ) {}

  /** Writes a record and its leaf in the caller's transaction; call `committed` after it. */
  async append(manager: EntityManager, facts: RecordFacts): Promise<void> {
    const { kind, subject, state, severity, about, actor, evidence, remedy = null } = facts;
    const record = {
      ...{ version: RECORD_VERSION, id: randomUUID(), kind, subject, state, severity, about, actor, remedy },
      ...{ evidence_hash: hashJson(evidence), at: systemClock.now() },
    };
    const hash = hashJson(record);
    await manager.query(
      'INSERT INTO monitoring_records (hash, kind, subject, record) VALUES ($1, $2, $3, $4)',
      [hash, kind, subject, canonicalJson(record)],
    );
    await this.log.append(manager, [
      { kind, subject: hash, actor, hash, data: { of: subject, state, about } },
    ]);
  }

  /** Tells the log that the transaction has committed. */
  committed(): void {
    this.log.committed();
  }

  /** Every stored record, oldest first, `page` at a time. */
  async *all(page: number): AsyncGenerator<StoredRecord> {
    for (let after = '0'; ;) {
      const rows = await this.dataSource.query<
        { position: string; hash: string; kind: string; subject: string; record: string }[]
      >(
        `SELECT position, hash, kind, subject, record FROM monitoring_records
         WHERE position > $1 ORDER BY position LIMIT $2`,
        [after, page],
      );
      for (const { hash, kind, subject, record } of rows)
        yield { hash, kind, subject, record: parsed(record) };
      if (rows.length < page) return;
      after = rows[rows.length - 1].position;
    }
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
