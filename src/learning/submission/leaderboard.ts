import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FreshCache } from '../../common/fresh-cache.js';
import { trustOf, type TrustLevel } from '../trust/trust.js';
import { SubmissionStore } from './submission-store.js';

/** A contributor and what became of their experts. Members are named as in JSON. */
export interface Leader {
  /** Key that signs the experts. */
  readonly author: string;
  readonly accepted: number;
  readonly released: number;
  readonly rejected: number;
  /** Sum of the falls of the overall loss: 0.1 is ten percent. */
  readonly gained: number;
  readonly trust: TrustLevel;
}

const FRESH_MS = 2_000;
const MOST_LENGTHS = 100;

type Columns = Readonly<
  Record<'author' | 'account' | 'accepted' | 'released' | 'rejected' | 'gained', string>
>;

/** Ranks contributors. */
@Injectable()
export class Leaderboard {
  private readonly kept = new FreshCache((limit) => this.read(Number(limit)), {
    ...{ freshMs: FRESH_MS, most: MOST_LENGTHS },
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: SubmissionStore,
  ) {}

  /** Those who have gained most first. */
  best(limit: number): Promise<Leader[]> {
    return this.kept.get(String(limit));
  }

  private async read(limit: number): Promise<Leader[]> {
    const rows = await this.dataSource.query<Columns[]>(
      `SELECT author, min(account) AS account,
         count(*) FILTER (WHERE state IN ('accepted', 'released', 'superseded')) AS accepted,
         count(*) FILTER (WHERE state = 'released') AS released,
         count(*) FILTER (WHERE state = 'rejected' AND counts) AS rejected,
         coalesce(sum((verdict::json -> 'figures' -> 'overall' ->> 'fall')::float8)
           FILTER (WHERE state IN ('accepted', 'released', 'superseded')), 0) AS gained
       FROM learning_submissions WHERE judged_at IS NOT NULL AND left(account, 6) <> 'round_'
       GROUP BY author ORDER BY gained DESC, author LIMIT $1`,
      [limit],
    );
    return Promise.all(
      rows.map(async ({ author, account, ...figures }) => ({
        ...{ author, accepted: Number(figures.accepted), released: Number(figures.released) },
        ...{ rejected: Number(figures.rejected), gained: Number(figures.gained) },
        trust: trustOf(await this.store.history(account)).level,
      })),
    );
  }
}
