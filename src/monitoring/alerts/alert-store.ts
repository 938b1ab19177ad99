import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { canonicalJson, type Json } from '../../common/index.js';
import { alertOf, type Alert, type Trouble } from './alert.js';
import { RETURN_WINDOW_MS } from './damping.js';
import type { OpenAlert } from './open-alerts.js';

/** Which alerts a list shows, newest first. */
export interface AlertFilter {
  readonly state?: string;
  /** Only those that are not resolved. */
  readonly open?: boolean;
  readonly severity?: string;
  readonly before?: string;
  readonly limit: number;
}

type Rows = Parameters<typeof alertOf>[0][];
type Reader = Pick<EntityManager, 'query'>;

/** The table of alerts. Whoever raises or changes one holds its fingerprint first, so that two never mix. */
@Injectable()
export class AlertStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Holds a fingerprint until the transaction ends. */
  async hold(manager: EntityManager, fingerprint: string): Promise<void> {
    await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 8))', [fingerprint]);
  }

  /** The alert of a fingerprint that is not resolved; null where there is none. */
  async open(fingerprint: string, manager: Reader = this.dataSource): Promise<Alert | null> {
    const rows: Rows = await manager.query(
      `SELECT * FROM alerts WHERE fingerprint = $1 AND state <> 'resolved'`,
      [fingerprint],
    );
    return rows.length === 0 ? null : alertOf(rows[0]);
  }

  /** How often the trouble of a fingerprint has just come back, if it is raised now. */
  async returns(manager: EntityManager, fingerprint: string, now: number): Promise<number> {
    const rows: { returns: number; resolved_at: string | null }[] = await manager.query(
      'SELECT returns, resolved_at FROM alerts WHERE fingerprint = $1 ORDER BY position DESC LIMIT 1',
      [fingerprint],
    );
    const last = rows.at(0);
    if (last === undefined || now - Number(last.resolved_at) > RETURN_WINDOW_MS) return 0;
    return last.returns + 1;
  }

  /** An alert; null where there is none of that id. */
  async one(id: string, manager: Reader = this.dataSource): Promise<Alert | null> {
    const rows: Rows = await manager.query('SELECT * FROM alerts WHERE id = $1', [id]);
    return rows.length === 0 ? null : alertOf(rows[0]);
  }

  /** Stores a new alert. */
  async insert(
    manager: EntityManager,
    {
      id,
      trouble,
      returns,
      untold,
      now,
    }: Pick<Alert, 'id' | 'returns' | 'untold'> & { trouble: Trouble; now: number },
  ): Promise<Alert> {
    const rows: Rows = await manager.query(
      `INSERT INTO alerts (id, fingerprint, source, severity, state, summary, evidence, lasting, returns, raised_at, seen_at, untold)
       VALUES ($1, $2, $3, $4, 'firing', $5, $6, $7, $8, $9, $9, $10) RETURNING *`,
      [
        ...[id, trouble.fingerprint, trouble.source, trouble.severity, trouble.summary],
        ...[canonicalJson(trouble.evidence as Json), trouble.lasting, returns, now, untold],
      ],
    );
    return alertOf(rows[0]);
  }

  /** Notes that an open alert's trouble was seen again, as it is now. */
  async seen(
    manager: EntityManager,
    { id, trouble, untold, now }: Pick<Alert, 'id' | 'untold'> & { trouble: Trouble; now: number },
  ): Promise<Alert> {
    const [rows]: [Rows, number] = await manager.query(
      `UPDATE alerts SET occurrences = occurrences + 1, seen_at = $2, quiet_since = NULL, summary = $3, evidence = $4, severity = $5,
         untold = $6 WHERE id = $1 RETURNING *`,
      [id, now, trouble.summary, canonicalJson(trouble.evidence as Json), trouble.severity, untold],
    );
    return alertOf(rows[0]);
  }

  /** Notes whether somebody is still to be told of a firing alert; null where it fires no more, or that was noted before. */
  async note(manager: EntityManager, id: string, untold: boolean): Promise<Alert | null> {
    const [rows]: [Rows, number] = await manager.query(
      `UPDATE alerts SET untold = $2 WHERE id = $1 AND state = 'firing' AND untold <> $2 RETURNING *`,
      [id, untold],
    );
    return rows.length === 0 ? null : alertOf(rows[0]);
  }

  /** Firing alerts that nobody has been told of; at most a thousand. */
  async untold(): Promise<Alert[]> {
    const rows = await this.dataSource.query<Rows>(
      `SELECT * FROM alerts WHERE untold AND state = 'firing' ORDER BY position LIMIT 1000`,
    );
    return rows.map(alertOf);
  }

  /** The newest alerts of a fingerprint, on whichever server, newest first. */
  async newestOf(fingerprint: string, limit: number): Promise<Alert[]> {
    const rows = await this.dataSource.query<Rows>(
      `SELECT * FROM alerts WHERE fingerprint = $1 OR starts_with(fingerprint, $1 || '@') ORDER BY position DESC LIMIT $2`,
      [fingerprint, limit],
    );
    return rows.map(alertOf);
  }

  /** Alerts of a fingerprint, on whichever server, that are not resolved; at most a thousand. */
  async openLike(fingerprint: string): Promise<Alert[]> {
    const rows = await this.dataSource.query<Rows>(
      `SELECT * FROM alerts WHERE state <> 'resolved' AND (fingerprint = $1 OR starts_with(fingerprint, $1 || '@'))
       ORDER BY position LIMIT 1000`,
      [fingerprint],
    );
    return rows.map(alertOf);
  }

  /** Notes since when an alert's trouble is not seen any more; what a clock that has gone back put ahead counts from now. */
  async quiet(manager: EntityManager, id: string, since: number): Promise<void> {
    await manager.query('UPDATE alerts SET quiet_since = least(quiet_since, $2) WHERE id = $1', [id, since]);
  }

  /** Notes who knows. */
  async acknowledge(
    manager: EntityManager,
    { id, by, reason, now }: { id: string; by: string; reason: string; now: number },
  ): Promise<void> {
    await manager.query(
      `UPDATE alerts SET state = 'acknowledged', acknowledged_by = $2, acknowledged_at = $3, reason = $4, untold = false
       WHERE id = $1`,
      [id, by, now, reason],
    );
  }

  /** Ends an alert. */
  async resolve(manager: EntityManager, id: string, now: number): Promise<void> {
    await manager.query(`UPDATE alerts SET state = 'resolved', resolved_at = $2 WHERE id = $1`, [id, now]);
  }

  /** Lasting alerts of a source that are not resolved; at most a thousand. */
  async openOf(source: string): Promise<Alert[]> {
    const rows = await this.dataSource.query<Rows>(
      `SELECT * FROM alerts WHERE source = $1 AND lasting AND state <> 'resolved' ORDER BY position LIMIT 1000`,
      [source],
    );
    return rows.map(alertOf);
  }

  /** What there is to remember of alerts that are not resolved. */
  async allOpen(limit: number): Promise<OpenAlert[]> {
    const rows = await this.dataSource.query<(Omit<OpenAlert, 'quietSince'> & { quiet: string | null })[]>(
      `SELECT id, fingerprint, severity, untold, returns, quiet_since AS quiet FROM alerts
       WHERE state <> 'resolved' LIMIT $1`,
      [limit],
    );
    return rows.map(({ quiet, ...alert }) => ({
      ...alert,
      quietSince: quiet === null ? null : Number(quiet),
    }));
  }

  /** Alerts, newest first. */
  async list({ state, open = false, severity, before, limit }: AlertFilter): Promise<Alert[]> {
    const rows = await this.dataSource.query<Rows>(
      `SELECT * FROM alerts
       WHERE ($1::text IS NULL OR state = $1) AND (NOT $2 OR state <> 'resolved')
         AND ($3::text IS NULL OR severity = $3) AND ($4::bigint IS NULL OR position < $4)
       ORDER BY position DESC LIMIT $5`,
      [state ?? null, open, severity ?? null, before ?? null, limit],
    );
    return rows.map(alertOf);
  }

  /** How many are not resolved, by severity. */
  async openCounts(): Promise<Readonly<Record<string, number>>> {
    const rows = await this.dataSource.query<{ severity: string; count: string }[]>(
      `SELECT severity, count(*) AS count FROM alerts WHERE state <> 'resolved' GROUP BY severity`,
    );
    return Object.fromEntries(rows.map(({ severity, count }) => [severity, Number(count)]));
  }
}
