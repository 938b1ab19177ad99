import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** What a step moved, or was to move. */
export interface MovedAmount {
  readonly task: string;
  readonly index: number;
  readonly actionType: string;
  readonly amount: bigint;
  /** When it began, or was refused, ms since the epoch; null where neither has happened. */
  readonly at: number | null;
  readonly began: boolean;
  /** Why it ended, where it was refused. */
  readonly code: string | null;
}

interface Row {
  readonly task_id: string;
  readonly step_index: number;
  readonly action_type: string;
  readonly amount: string;
  readonly at: string | null;
  readonly began: boolean;
  readonly code: string | null;
}

/** Steps that are looked at besides those of the tasks; of more, the newest. */
const MOST_BESIDES = 20_000;
const COLUMNS = `task_id, step_index, action_type, amount::text AS amount, code, spent_at IS NOT NULL AS began,
  coalesce(extract(epoch FROM spent_at) * 1000, finished_at) AS at`;

/** What steps have moved: amounts of a day are added up from it. */
@Injectable()
export class MovedAmounts {
  constructor(private readonly dataSource: DataSource) {}

  /** Of these tasks, and of all others what was begun from 24 hours before `since` (ms since the epoch) on. */
  async around(tasks: readonly string[], since: number): Promise<MovedAmount[]> {
    const rows = await this.dataSource.query<Row[]>(
      `SELECT ${COLUMNS} FROM task_steps WHERE task_id = ANY ($1::text[]) AND amount IS NOT NULL
       UNION ALL
       (SELECT ${COLUMNS} FROM task_steps WHERE task_id <> ALL ($1::text[]) AND amount IS NOT NULL
          AND spent_at > to_timestamp($2::float8 / 1000) - interval '24 hours' ORDER BY spent_at DESC LIMIT ${MOST_BESIDES})`,
      [tasks, since],
    );
    return rows.map((row) => ({
      ...{ task: row.task_id, index: row.step_index, actionType: row.action_type, code: row.code },
      ...{ amount: BigInt(row.amount), at: row.at === null ? null : Number(row.at), began: row.began },
    }));
  }
}
