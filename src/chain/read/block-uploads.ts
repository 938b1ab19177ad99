import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LogAppender } from '../../log/index.js';
import type { RowsOfBlocks } from '../publish/block-publisher.js';

/** Kind of the leaf that says which account uploaded a block. Its subject is not the hash alone: the block's own leaf is found by that. */
const UPLOAD_ENTRY = 'block.uploaded';

/** Who has uploaded blocks: a block names its author's key, the log also the account that sent it. */
@Injectable()
export class BlockUploads {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: LogAppender,
  ) {}

  /** For `BlockPublisher.publish`: writes down who uploads blocks that are new; whoever sends them again is not recorded. */
  by(account: string): RowsOfBlocks {
    return (manager, blocks) =>
      this.log.append(
        manager,
        blocks.map(({ hash }) => ({
          ...{ kind: UPLOAD_ENTRY, subject: subjectOf(hash), actor: account, hash, data: {} },
        })),
      );
  }

  /** The account that uploaded a block; null where it came in another way, or before accounts were recorded. */
  async uploaderOf(hash: string): Promise<string | null> {
    const [row] = await this.dataSource.query<{ leaf: string }[]>(
      'SELECT leaf FROM log_entries WHERE subject = $1 AND kind = $2 ORDER BY id LIMIT 1',
      [subjectOf(hash), UPLOAD_ENTRY],
    );
    return row === undefined ? null : (JSON.parse(row.leaf) as { actor: string }).actor;
  }
}

function subjectOf(block: string): string {
  return `upload:${block}`;
}
