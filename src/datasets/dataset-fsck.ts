import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BlockStores, FsckRegistry, type FsckCheck, type FsckFacts } from '../chain/index.js';
import { canonicalJson, type Json } from '../common/index.js';
import type { Findings } from '../log/index.js';
import { DatasetFiles } from './upload/dataset-files.js';

interface Columns {
  readonly id: string;
  readonly block: string;
  readonly record: string;
  readonly stage: string;
  readonly sha256: string;
  readonly file_gone: boolean;
}

const PAGE = 500;

/**
 * Compares the rows of datasets with chain D, and looks whether their files are there. Findings: `DATASET_ROW_WRONG` (the newest
 * block says something else), `DATASET_ROW_MISSING` (a dataset of the chain without a row), `DATASET_FILE_MISSING`,
 * `DATASET_FILE_CORRUPT`. Nothing is repaired: a lost file has to come from a backup.
 */
@Injectable()
export class DatasetFsck implements FsckCheck, OnModuleInit {
  readonly name = 'datasets';

  constructor(
    private readonly registry: FsckRegistry,
    private readonly dataSource: DataSource,
    private readonly stores: BlockStores,
    private readonly files: DatasetFiles,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  async run({ blocks, complete }: FsckFacts, findings: Findings): Promise<void> {
    if (!complete) return;
    const newest = new Map<string, string>();
    for (const { hash, chain, header } of blocks.values())
      if (chain === 'D' && header?.block_type === 'dataset') newest.set(header.name ?? '', hash);
    for await (const row of this.rows()) {
      const known = newest.get(row.id);
      // A block that came while fsck was reading is no damage.
      if (known !== undefined && known === row.block) await this.compare(row, findings);
      else if (blocks.has(row.block))
        findings.error('DATASET_ROW_WRONG', row.id, `${row.id} is not what its newest block says`);
      newest.delete(row.id);
      await this.checkFile(row, findings);
    }
    for (const id of newest.keys())
      findings.error('DATASET_ROW_MISSING', id, `${id} is on chain D, but has no row`);
  }

  private async compare(row: Columns, findings: Findings): Promise<void> {
    const header = await this.dataSource.query<{ payload_hash: string }[]>(
      'SELECT payload_hash FROM blocks WHERE hash = $1',
      [row.block],
    );
    const payload = await this.stores.payloads.read(header.at(0)?.payload_hash ?? row.block);
    // A missing payload is told of by the check of payloads.
    if (!payload.ok) return;
    const record = JSON.parse(row.record) as { stage?: unknown };
    if (
      new TextDecoder().decode(payload.value) !== canonicalJson(record as Json) ||
      record.stage !== row.stage
    )
      findings.error('DATASET_ROW_WRONG', row.id, `${row.id} is not what its newest block says`);
  }

  private async checkFile({ id, sha256, file_gone: gone }: Columns, findings: Findings): Promise<void> {
    const condition = gone ? 'intact' : await this.files.store.check(sha256);
    if (condition === 'missing') findings.error('DATASET_FILE_MISSING', id, `the file of ${id} is missing`);
    if (condition === 'corrupt') findings.error('DATASET_FILE_CORRUPT', id, `the file of ${id} is damaged`);
  }

  private async *rows(): AsyncGenerator<Columns> {
    for (let after = ''; ;) {
      const rows = await this.dataSource.query<Columns[]>(
        `SELECT id, block, record, stage, sha256, file_gone FROM datasets WHERE id > $1 ORDER BY id LIMIT $2`,
        [after, PAGE],
      );
      yield* rows;
      if (rows.length < PAGE) return;
      after = rows[rows.length - 1].id;
    }
  }
}
