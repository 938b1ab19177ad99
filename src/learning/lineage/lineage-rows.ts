import type { DataSource } from 'typeorm';
import type { SubmissionState } from '../submission/states.js';
import type { Verdict } from '../verdict/verdict.js';

/** Which accepted submissions of a model are wanted, newest first. */
export interface LineageFilter {
  readonly model: string;
  /** Only those that hold an expert of this name. */
  readonly expert?: string;
  /** Only those with a lower position. */
  readonly before?: string;
  readonly limit: number;
}

/** An accepted submission: everything else that lineage tells is in its verdict. */
export interface LineageRow {
  /** Grows with every submission. */
  readonly position: string;
  readonly state: SubmissionState;
  readonly verdict: Verdict;
  /** Hash of its block on chain D. */
  readonly verdictBlock: string;
  /** Hash of the release that took its blocks, with its version; null before there is one. */
  readonly release: string | null;
  readonly version: string | null;
  readonly judgedAt: Date;
}

type Columns = Omit<LineageRow, 'verdict' | 'verdictBlock' | 'judgedAt'> & {
  readonly verdict: string;
  readonly verdict_block: string;
  readonly judged_at: Date;
};

/** The states of the index that serves this query. */
const ACCEPTED = `state IN ('accepted', 'released', 'superseded')`;

/** Reads accepted submissions with their verdicts. */
export async function readLineage(
  dataSource: Pick<DataSource, 'query'>,
  { model, expert, before, limit }: LineageFilter,
): Promise<LineageRow[]> {
  const rows = await dataSource.query<Columns[]>(
    `SELECT position, state, verdict, verdict_block, release, version, judged_at FROM learning_submissions
     WHERE model = $1 AND ${ACCEPTED} AND ($2::bigint IS NULL OR position < $2) AND ($3::text IS NULL OR EXISTS (
       SELECT FROM json_array_elements(verdict::json -> 'blocks') block WHERE block ->> 'name' = $3
     )) ORDER BY position DESC LIMIT $4`,
    [model, before ?? null, expert ?? null, limit],
  );
  return rows.map(({ position, verdict, verdict_block: verdictBlock, judged_at: judgedAt, ...row }) => ({
    ...{ ...row, position: String(position), verdictBlock, judgedAt },
    verdict: JSON.parse(verdict) as Verdict,
  }));
}
