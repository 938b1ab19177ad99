import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { LogLeaf } from '../entry.js';

/** A leaf with its number. */
export interface NumberedLeaf extends LogLeaf {
  readonly index: number;
}

/** Which entries are wanted; absent members are not asked. */
export interface EntryFilter {
  readonly kind?: string;
  readonly subject?: string;
}

/** Lists what the log says, from the database's copy of the leaves. */
@Injectable()
export class EntryList {
  constructor(private readonly dataSource: DataSource) {}

  /** Numbered entries before `before` (from the newest when null), newest first, at most `limit`. */
  async newest(filter: EntryFilter, before: number | null, limit: number): Promise<NumberedLeaf[]> {
    const rows = await this.dataSource.query<{ leaf_index: string; leaf: string }[]>(
      `SELECT leaf_index, leaf FROM log_entries
       WHERE leaf_index IS NOT NULL AND leaf_index < coalesce($1::bigint, 9223372036854775807)
         AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR subject = $3)
       ORDER BY leaf_index DESC LIMIT $4`,
      [before, filter.kind ?? null, filter.subject ?? null, limit],
    );
    return rows.map(({ leaf_index, leaf }) => ({
      index: Number(leaf_index),
      ...(JSON.parse(leaf) as LogLeaf),
    }));
  }
}
