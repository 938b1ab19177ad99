import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { DatasetRecord } from './dataset-record.js';
import type { DatasetStage } from './stages.js';

/** A dataset as it stands now. */
export interface DatasetRow {
  /** Place in lists, a decimal number. */
  readonly position: string;
  /** The newest block that tells of it. */
  readonly block: string;
  readonly record: DatasetRecord;
  readonly createdAt: number;
  /** When it was last looked through after its approval; null if never. */
  readonly scannedAt: number | null;
  /** Attempts of the audit that is under way. */
  readonly attempts: number;
  /** Whether its file was removed. */
  readonly fileGone: boolean;
}

/** Which sets a list shows, newest first. */
export interface DatasetFilter {
  readonly stage?: DatasetStage;
  readonly creator?: string;
  /** `position` of the last one of the page before. */
  readonly before?: string;
  readonly limit: number;
}

/** A set that something has to be done with: `stage` says what. */
export interface DueDataset {
  readonly id: string;
  readonly stage: DatasetStage;
  /** Who began to look through it and has not been heard of since; null where nobody did. */
  readonly worker: string | null;
}

const COLUMNS = 'position, block, record, created_at, scanned_at, attempts, file_gone';

interface Columns {
  readonly position: string;
  readonly block: string;
  readonly record: string;
  readonly created_at: string;
  readonly scanned_at: string | null;
  readonly attempts: number;
  readonly file_gone: boolean;
}

/** The table of datasets: it follows chain D, and says what has to be done when. */
@Injectable()
export class DatasetRows {
  constructor(private readonly dataSource: DataSource) {}

  /** A dataset; `DATASET_NOT_FOUND` (404). @param lock until the manager's transaction ends */
  async one(
    id: string,
    manager: EntityManager = this.dataSource.manager,
    lock = '',
  ): Promise<Result<DatasetRow>> {
    const rows = await manager.query<Columns[]>(`SELECT ${COLUMNS} FROM datasets WHERE id = $1 ${lock}`, [
      id,
    ]);
    if (rows.length > 0) return ok(rowOf(rows[0]));
    return err(new CodedError('DATASET_NOT_FOUND', `There is no dataset ${id}.`, { dataset: id }, 404));
  }

  /** The same, locked against changes until the transaction ends. */
  held(manager: EntityManager, id: string): Promise<Result<DatasetRow>> {
    return this.one(id, manager, 'FOR UPDATE');
  }

  /** The sets that blocks of chain D tell of, old ones too, by block; a block that tells of none is left out. */
  async ofBlocks(blocks: readonly string[]): Promise<Map<string, { id: string; stage: DatasetStage }>> {
    const rows = await this.dataSource.query<{ hash: string; id: string; stage: DatasetStage }[]>(
      `SELECT b.hash, d.id, d.stage FROM blocks b JOIN datasets d ON d.id = b.name
       WHERE b.chain_id = 'D' AND b.block_type = 'dataset' AND b.hash = ANY ($1::text[])`,
      [blocks],
    );
    return new Map(rows.map(({ hash, id, stage }) => [hash, { id, stage }]));
  }

  /** The newest blocks of the audited sets that other blocks of chain D tell of, by these; what is the newest itself is left out. */
  async auditedSince(blocks: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.dataSource.query<{ hash: string; block: string; record: string }[]>(
      `SELECT b.hash, d.block, d.record FROM blocks b JOIN datasets d ON d.id = b.name
       WHERE b.chain_id = 'D' AND b.block_type = 'dataset' AND b.hash = ANY ($1::text[]) AND d.block <> b.hash
       ORDER BY b.hash`,
      [blocks],
    );
    const audited = rows.filter(({ record }) => (JSON.parse(record) as DatasetRecord).audit !== null);
    return new Map(audited.map(({ hash, block }) => [hash, block]));
  }

  /** Sets, newest first. */
  async list({ stage, creator, before, limit }: DatasetFilter): Promise<DatasetRow[]> {
    const rows = await this.dataSource.query<Columns[]>(
      `SELECT ${COLUMNS} FROM datasets WHERE ($1::text IS NULL OR stage = $1) AND ($2::text IS NULL OR creator = $2)
         AND ($3::bigint IS NULL OR position < $3) ORDER BY position DESC LIMIT $4`,
      [stage ?? null, creator ?? null, before ?? null, limit],
    );
    return rows.map(rowOf);
  }

  /** Writes what a new block says. @param dueAt when something has to be done next */
  async put(
    manager: EntityManager,
    block: string,
    record: DatasetRecord,
    dueAt: number | null,
  ): Promise<void> {
    const { id, name, version, creator, sha256, stage, at } = record;
    await manager.query(
      `INSERT INTO datasets (id, name, version, creator, sha256, stage, since, created_at, due_at, block, record)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10)
       ON CONFLICT (id) DO UPDATE SET stage = $6, since = $7, due_at = $8, block = $9, record = $10, attempts = 0,
         worker = NULL, instance = NULL`,
      [id, name, version, creator, sha256, stage, at, dueAt, block, JSON.stringify(record)],
    );
  }

  /** What has to be done by now, at most `limit`, longest due first. */
  due(now: number, limit: number): Promise<DueDataset[]> {
    return this.dataSource.query<DueDataset[]>(
      'SELECT id, stage, worker FROM datasets WHERE due_at <= $1 ORDER BY due_at LIMIT $2',
      [now, limit],
    );
  }

  /** Puts off what is due, for whoever asks first. @returns whether it was this caller */
  async take(
    manager: EntityManager,
    { id, stage }: DueDataset,
    now: number,
    until: number | null,
  ): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `WITH taken AS (
         UPDATE datasets SET due_at = $4, worker = NULL WHERE id = $1 AND stage = $2 AND due_at <= $3 RETURNING 1
       ) SELECT 1 FROM taken`,
      [id, stage, now, until],
    );
    return rows.length > 0;
  }

  /** Notes that the file of a rejected or withdrawn set is not needed any more, nor what it is compared by. @returns whether so */
  async forgetFile(manager: EntityManager, { id, stage }: DueDataset, now: number): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `WITH gone AS (
         UPDATE datasets SET file_gone = true, due_at = NULL WHERE id = $1 AND stage = $2 AND due_at <= $3 RETURNING id
       ), forgotten AS (
         DELETE FROM dataset_sketches WHERE dataset_id IN (SELECT id FROM gone)
       ) SELECT 1 FROM gone`,
      [id, stage, now],
    );
    return rows.length > 0;
  }
}

function rowOf(row: Columns): DatasetRow {
  return {
    ...{ position: row.position, block: row.block, record: JSON.parse(row.record) as DatasetRecord },
    ...{
      createdAt: Number(row.created_at),
      scannedAt: row.scanned_at === null ? null : Number(row.scanned_at),
    },
    ...{ attempts: row.attempts, fileGone: row.file_gone },
  };
}
