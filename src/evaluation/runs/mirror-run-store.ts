import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { MirrorReport } from '../report/mirror-report.js';

/** A run as stored; `report` once it is completed. */
export interface MirrorRun {
  readonly id: string;
  readonly position: string;
  readonly model: string;
  readonly version: string;
  readonly release: string;
  readonly actor: string;
  readonly state: 'running' | 'completed' | 'failed' | 'cancelled';
  readonly code: string | null;
  readonly detail: string | null;
  readonly report: MirrorReport | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** Which runs a list shows, newest first. */
export interface RunFilter {
  readonly model?: string;
  readonly version?: string;
  readonly before?: string;
  readonly limit: number;
}

type Columns = Readonly<Record<string, string | Date | null>>;

/** A run whose process shows no sign of life for so long was cut off. */
const STALE = `interval '2 minutes'`;

/** The table of runs; its index allows one that runs. */
@Injectable()
export class MirrorRunStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Adds a run. @returns false when another one runs
   * @param key what it was asked for by; null where it need not be found again
   */
  async begin(
    run: Pick<MirrorRun, 'id' | 'model' | 'version' | 'release' | 'actor'>,
    key: string | null,
  ): Promise<boolean> {
    await this.dataSource.query(
      `UPDATE mirror_runs SET state = 'failed', code = 'MIRROR_INTERRUPTED', detail = 'The server ended meanwhile.',
         finished_at = now() WHERE state = 'running' AND alive_at < now() - ${STALE}`,
    );
    const rows = await this.dataSource.query<unknown[]>(
      `INSERT INTO mirror_runs (id, model, version, release, actor, key, state) VALUES ($1, $2, $3, $4, $5, $6, 'running')
       ON CONFLICT DO NOTHING RETURNING id`,
      [run.id, run.model, run.version, run.release, run.actor, key],
    );
    return rows.length > 0;
  }

  /**
   * The completed run of a key; null where there is none. One that runs under it is another attempt's, which was cut off: it ends, and
   * its report counts for nothing.
   */
  async takeOver(key: string): Promise<string | null> {
    await this.dataSource.query(
      `UPDATE mirror_runs SET state = 'failed', code = 'MIRROR_INTERRUPTED', detail = 'Another attempt took its place.',
         finished_at = now() WHERE key = $1 AND state = 'running'`,
      [key],
    );
    const rows = await this.dataSource.query<{ id: string }[]>(
      `SELECT id FROM mirror_runs WHERE key = $1 AND state = 'completed'`,
      [key],
    );
    return rows.at(0)?.id ?? null;
  }

  /** Shows a sign of life. @returns false when the run is over already: another attempt took its place */
  async alive(id: string): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH living AS (
         UPDATE mirror_runs SET alive_at = now() WHERE id = $1 AND state = 'running' RETURNING 1
       ) SELECT 1 FROM living`,
      [id],
    );
    return rows.length > 0;
  }

  /** Ends a run with its report; the signed text is kept as it is. @returns false when the run is over already */
  async complete(manager: EntityManager, id: string, report: MirrorReport, hash: string): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      `WITH ended AS (
         UPDATE mirror_runs SET state = 'completed', report = $2, report_hash = $3, finished_at = now()
         WHERE id = $1 AND state = 'running' RETURNING 1
       ) SELECT 1 FROM ended`,
      [id, JSON.stringify(report), hash],
    );
    return rows.length > 0;
  }

  /** Ends a run without one. */
  async end(id: string, state: 'failed' | 'cancelled', code: string, detail: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE mirror_runs SET state = $2, code = $3, detail = $4, finished_at = now() WHERE id = $1 AND state = 'running'`,
      [id, state, code, detail.slice(0, 1_000)],
    );
  }

  /** A run; null where there is none of that id. */
  async one(id: string): Promise<MirrorRun | null> {
    const rows = await this.dataSource.query<Columns[]>('SELECT * FROM mirror_runs WHERE id = $1', [id]);
    return rows.length === 0 ? null : runRow(rows[0]);
  }

  /** Runs, newest first. */
  async list({ model, version, before, limit }: RunFilter): Promise<MirrorRun[]> {
    const rows = await this.dataSource.query<Columns[]>(
      `SELECT * FROM mirror_runs WHERE ($1::text IS NULL OR model = $1) AND ($2::text IS NULL OR version = $2)
         AND ($3::bigint IS NULL OR position < $3) ORDER BY position DESC LIMIT $4`,
      [model ?? null, version ?? null, before ?? null, limit],
    );
    return rows.map(runRow);
  }

  /** The newest report of a release; null where it was never measured. */
  async latestReport(release: string): Promise<MirrorReport | null> {
    const rows = await this.dataSource.query<Columns[]>(
      `SELECT * FROM mirror_runs WHERE release = $1 AND state = 'completed' ORDER BY position DESC LIMIT 1`,
      [release],
    );
    return rows.length === 0 ? null : runRow(rows[0]).report;
  }

  /** Hash and text of every stored report, `page` at a time. */
  async *reports(page: number): AsyncGenerator<{ id: string; hash: string; report: string }> {
    for (let after = '0'; ;) {
      const rows = await this.dataSource.query<
        { id: string; position: string; report_hash: string; report: string }[]
      >(
        `SELECT id, position, report_hash, report FROM mirror_runs
         WHERE state = 'completed' AND position > $1 ORDER BY position LIMIT $2`,
        [after, page],
      );
      for (const { id, report_hash: hash, report } of rows) yield { id, hash, report };
      if (rows.length < page) return;
      after = rows[rows.length - 1].position;
    }
  }
}

function runRow(row: Columns): MirrorRun {
  const word = (value: Columns[string]) => (value === null ? null : String(value));
  return {
    ...{ id: String(row.id), position: String(row.position), model: String(row.model) },
    ...{ version: String(row.version), release: String(row.release), actor: String(row.actor) },
    state: row.state as MirrorRun['state'],
    ...{ code: word(row.code), detail: word(row.detail) },
    report: row.report === null ? null : (JSON.parse(String(row.report)) as MirrorReport),
    createdAt: row.created_at as Date,
    finishedAt: row.finished_at as Date | null,
  };
}
