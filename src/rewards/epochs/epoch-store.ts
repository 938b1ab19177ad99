import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { canonicalJson, type Json } from '../../common/index.js';
import type { ComputedEpoch, EpochPlace } from './epoch-record.js';
import { EPOCH_ENTRY } from './leaf-kinds.js';

/** A kept epoch. */
export interface StoredEpoch {
  readonly epoch: number;
  readonly hash: string;
  /** docs/formats/epoch.md */
  readonly record: Json;
}

/** What lists show of an epoch; its record may be large. */
export interface EpochSummary {
  readonly epoch: number;
  readonly hash: string;
  /** Members `first`, `end`, `at`, `input` and `totals` of the record. */
  readonly summary: Readonly<Record<string, Json>>;
  /** Leaf number of its entry in the log; null for the moment before it is sequenced. */
  readonly logIndex: number | null;
}

interface Row {
  readonly number: string;
  readonly hash: string;
  readonly record: string;
}

interface SummaryRow {
  readonly number: string;
  readonly hash: string;
  readonly summary: string;
  readonly leaf_index: string | null;
}

const COLUMNS = 'number, hash, record';
const SUMMARISED = ['first', 'end', 'at', 'input', 'totals'];

/** The table of epochs. Append only. */
@Injectable()
export class EpochStore {
  /** Epochs never change: the newest one is read once. */
  private last: StoredEpoch | null = null;

  constructor(private readonly dataSource: DataSource) {}

  /** An epoch; null where there is none of that number. */
  async find(epoch: number): Promise<StoredEpoch | null> {
    const sql = `SELECT ${COLUMNS} FROM reward_epochs WHERE number = $1`;
    const rows = await this.dataSource.query<Row[]>(sql, [epoch]);
    return rows.length === 0 ? null : toEpoch(rows[0]);
  }

  /** The newest epoch; null before the first. */
  async newest(): Promise<StoredEpoch | null> {
    const [{ number }] = await this.dataSource.query<{ number: string | null }[]>(
      'SELECT max(number) AS number FROM reward_epochs',
    );
    if (number === null) return null;
    if (this.last?.epoch !== Number(number)) this.last = await this.find(Number(number));
    return this.last;
  }

  /** The database's time, which all servers share, ms since the epoch. */
  async now(): Promise<number> {
    const [{ now }] = await this.dataSource.query<{ now: string }[]>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now',
    );
    return Number(now);
  }

  /** How many epochs were settled within the last hour. */
  async settledLately(): Promise<number> {
    const [{ epochs }] = await this.dataSource.query<{ epochs: string }[]>(
      `SELECT count(*) AS epochs FROM reward_epochs WHERE created_at > now() - interval '1 hour'`,
    );
    return Number(epochs);
  }

  /** Epochs, newest first. @param before only those with a lower number */
  async list(limit: number, before?: number): Promise<EpochSummary[]> {
    const rows = await this.dataSource.query<SummaryRow[]>(
      `SELECT number, hash, summary, (
         SELECT l.leaf_index FROM log_entries l WHERE l.subject = 'epoch:' || number AND l.kind = $3 ORDER BY l.id LIMIT 1
       ) AS leaf_index FROM reward_epochs WHERE $2::bigint IS NULL OR number < $2 ORDER BY number DESC LIMIT $1`,
      [limit, before ?? null, EPOCH_ENTRY],
    );
    return rows.map(({ number, hash, summary, leaf_index: leaf }) => ({
      ...{ epoch: Number(number), hash, logIndex: leaf === null ? null : Number(leaf) },
      summary: JSON.parse(summary) as EpochSummary['summary'],
    }));
  }

  /** Every epoch, the first one first. */
  async *all(): AsyncGenerator<StoredEpoch> {
    const sql = `SELECT ${COLUMNS} FROM reward_epochs WHERE number > $1 ORDER BY number LIMIT 1`;
    for (let after = 0; ;) {
      const rows = await this.dataSource.query<Row[]>(sql, [after]);
      if (rows.length === 0) return;
      const epoch = toEpoch(rows[0]);
      yield epoch;
      after = epoch.epoch;
    }
  }

  /** Keeps an epoch, in the transaction of its transfers. Throws where one of its number is there. */
  async insert(
    manager: EntityManager,
    { epoch, range }: EpochPlace,
    { hash, record }: ComputedEpoch,
  ): Promise<void> {
    const members = Object.entries(record as Readonly<Record<string, Json>>);
    const summary = Object.fromEntries(members.filter(([name]) => SUMMARISED.includes(name)));
    await manager.query(
      `INSERT INTO reward_epochs (number, first_leaf, end_leaf, hash, summary, record)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [epoch, range.first, range.end, hash, canonicalJson(summary), canonicalJson(record)],
    );
  }
}

function toEpoch({ number, hash, record }: Row): StoredEpoch {
  return { epoch: Number(number), hash, record: JSON.parse(record) as Json };
}
