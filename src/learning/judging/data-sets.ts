import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { unwrap } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { DatasetFiles, DatasetRows, TIERS, type DatasetRow } from '../../datasets/index.js';
import type { DataInput } from '../audit/node/shown-data-work.js';

/** Approved datasets of a tier in which documents are looked for, the newest first. */
const MOST_DATASETS = 1_000;
/** Bytes of an approved dataset that is not named and is looked through. */
const MOST_BYTES = 1 << 30;

/** The datasets in which the documents that are shown of a training may stand: those it names, and those that are approved. */
@Injectable()
export class DataSets {
  private readonly folder: string;

  constructor(
    config: AppConfig,
    private readonly rows: DatasetRows,
    private readonly files: DatasetFiles,
  ) {
    this.folder = join(config.dataDir, 'dataset-texts');
  }

  /** @param named blocks of chain D  @param part file that is written while datasets are looked through */
  async of(named: readonly string[], part: string): Promise<DataInput> {
    const tiers = await Promise.all(TIERS.map((stage) => this.rows.list({ stage, limit: MOST_DATASETS })));
    const approved = tiers.flat().filter(({ record, fileGone }) => record.bytes <= MOST_BYTES && !fileGone);
    const rows = new Map(approved.map((row) => [row.record.id, row]));
    const blocks = new Map<string, string>();
    for (const [block, { id }] of await this.rows.ofBlocks(named)) {
      blocks.set(id, block);
      if (!rows.has(id)) rows.set(id, unwrap(await this.rows.one(id)));
    }
    const sets = [...rows.values()].sort(byAge).map(({ record: { id, sha256 }, block }) => ({
      ...{ block: blocks.get(id) ?? block, named: blocks.has(id), sha256 },
      path: this.files.store.path(sha256) ?? '',
    }));
    return { sets, folder: this.folder, part };
  }
}

function byAge(a: DatasetRow, b: DatasetRow): number {
  return BigInt(a.position) < BigInt(b.position) ? -1 : 1;
}
