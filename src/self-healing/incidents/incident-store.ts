import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { HealingFigures, type RemedyRecord } from '../../common/autonomy/healing-figures.js';
import { canonicalJson, systemClock, type Json } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { databaseRefusal, Transactions } from '../../database/index.js';
import { RecordTrail } from '../../monitoring/index.js';
import type { Incident, IncidentStep } from './incident.js';

/** One try of a remedy. */
export interface Attempt {
  readonly incident: string;
  readonly cause: string;
  readonly remedy: string;
  readonly helped: boolean;
  readonly detail: string;
  readonly tookMs: number;
}

/** An incident as stored. */
export interface IncidentRow {
  readonly id: string;
  readonly position: string;
  readonly node: string;
  readonly cause: string;
  readonly state: string;
  readonly severity: string;
  readonly summary: string;
  readonly remedy: string | null;
  readonly decision: string | null;
  readonly attempts: number;
  readonly steps: readonly IncidentStep[];
  readonly evidence: Json;
  readonly began_at: number;
  readonly opened_at: number;
  readonly updated_at: number;
  readonly closed_at: number | null;
}

/** What is kept in memory while the database is away; more is dropped, the oldest first. */
const MOST_WAITING = 100;
const ACTOR = 'server';
const DAYS_COUNTED = 90;

/**
 * Writes incidents and attempts down, each change of state with its leaf of the log. While the database is away they wait in
 * memory in their latest state.
 */
@Injectable()
export class IncidentStore {
  private readonly logger = new Logger('Healing');
  private readonly incidents = new Map<string, Incident>();
  private readonly attempts: (Attempt & { readonly id: string; readonly at: number })[] = [];
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly trail: RecordTrail,
    figures: HealingFigures,
  ) {
    figures.provide(() => this.records());
  }

  /** What waits for the database. */
  get waiting(): number {
    return this.incidents.size + this.attempts.length;
  }

  /** Writes an incident as it is now, soon. */
  save(incident: Incident): void {
    this.incidents.set(incident.id, incident);
    for (const id of [...this.incidents.keys()].slice(0, Math.max(0, this.incidents.size - MOST_WAITING)))
      this.incidents.delete(id);
    void this.flush();
  }

  /** Writes an attempt, soon. */
  add(attempt: Attempt): void {
    this.attempts.push({ ...attempt, id: randomUUID(), at: systemClock.now() });
    if (this.attempts.length > MOST_WAITING) this.attempts.shift();
    void this.flush();
  }

  /** Writes what waits; without a database it goes on waiting. */
  flush(): Promise<void> {
    this.writing = this.writing
      .then(() => this.writeAll())
      .catch((thrown: unknown) => {
        if (databaseRefusal(thrown) === null) this.logger.error(thrown);
      });
    return this.writing;
  }

  /** Incidents, newest first. */
  async list({
    open,
    before,
    limit,
  }: {
    open: boolean;
    before?: string;
    limit: number;
  }): Promise<IncidentRow[]> {
    const rows = await this.dataSource.query<Record<string, unknown>[]>(
      `SELECT * FROM incidents WHERE (NOT $1 OR closed_at IS NULL) AND ($2::bigint IS NULL OR position < $2)
       ORDER BY position DESC LIMIT $3`,
      [open, before ?? null, limit],
    );
    return rows.map(incidentRow);
  }

  /** How every remedy fared against every cause, within 90 days. */
  async records(): Promise<RemedyRecord[]> {
    const rows = await this.dataSource.query<
      { cause: string; remedy: string; attempts: string; helped: string }[]
    >(
      `SELECT cause, remedy, count(*) AS attempts, count(*) FILTER (WHERE helped) AS helped FROM healing_attempts
       WHERE at > $1 GROUP BY cause, remedy ORDER BY cause, remedy`,
      [systemClock.now() - DAYS_COUNTED * 86_400_000],
    );
    return rows.map((row) => ({ ...row, attempts: Number(row.attempts), helped: Number(row.helped) }));
  }

  /** When remedies were tried since a time, by cause: a restart must not forget that something was tried too often. */
  async triedSince(from: number): Promise<{ cause: string; at: number }[]> {
    const rows = await this.dataSource.query<{ cause: string; at: string }[]>(
      'SELECT cause, at FROM healing_attempts WHERE at > $1 ORDER BY at LIMIT 1000',
      [from],
    );
    return rows.map(({ cause, at }) => ({ cause, at: Number(at) }));
  }

  /** Which of these incidents are, or were, this node's. */
  async ownOf(incidents: readonly string[]): Promise<Set<string>> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      'SELECT id FROM incidents WHERE id = ANY ($1) AND node = $2',
      [incidents, this.config.nodeName],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Ends what an earlier process of this node left open: what is still wrong is found anew. */
  async closeLeftovers(): Promise<void> {
    await this.transactions.run(async (manager) => {
      const [rows]: [{ id: string; cause: string; severity: string }[], number] = await manager.query(
        `UPDATE incidents SET state = 'resolved', closed_at = $2, updated_at = $2
         WHERE node = $1 AND closed_at IS NULL RETURNING id, cause, severity`,
        [this.config.nodeName, systemClock.now()],
      );
      for (const { id: subject, cause: about, severity } of rows)
        await this.trail.append(manager, {
          ...{ kind: 'incident', subject, state: 'resolved', severity, about, actor: ACTOR },
          evidence: { ended: 'with the process' },
        });
    });
    this.trail.committed();
  }

  private async writeAll(): Promise<void> {
    for (const incident of [...this.incidents.values()]) {
      const { updatedAt } = incident;
      await this.transactions.run((manager) => this.write(manager, incident));
      if (incident.updatedAt === updatedAt) this.incidents.delete(incident.id);
    }
    while (this.attempts.length > 0) {
      const { id, incident, cause, remedy, helped, detail, tookMs, at } = this.attempts[0];
      await this.dataSource.query(
        `INSERT INTO healing_attempts (id, incident, cause, remedy, helped, detail, took_ms, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
        [id, incident, cause, remedy, helped, detail, Math.round(tookMs), at],
      );
      this.attempts.shift();
    }
    this.trail.committed();
  }

  private async write(manager: EntityManager, incident: Incident): Promise<void> {
    const { id, cause, severity, state, symptom } = incident;
    const before: { state: string }[] = await manager.query(
      'SELECT state FROM incidents WHERE id = $1 FOR UPDATE',
      [id],
    );
    await manager.query(
      `INSERT INTO incidents (id, node, cause, state, severity, summary, remedy, decision, attempts, steps, evidence, began_at, opened_at, updated_at, closed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
       ON CONFLICT (id) DO UPDATE SET state = $4, summary = $6, remedy = $7, decision = $8, attempts = $9, steps = $10,
         evidence = $11, updated_at = $14, closed_at = $15`,
      [
        ...[
          id,
          this.config.nodeName,
          cause,
          state,
          severity,
          symptom.summary,
          incident.remedy,
          incident.decision,
        ],
        ...[incident.attempts, JSON.stringify(incident.steps), canonicalJson(incident.evidence)],
        ...[incident.beganAt, incident.openedAt, incident.updatedAt, incident.closedAt],
      ],
    );
    if (before.at(0)?.state === state) return;
    const { remedy, evidence } = incident;
    const facts = { kind: 'incident', subject: id, state, severity, about: cause, actor: ACTOR } as const;
    await this.trail.append(manager, { ...facts, evidence, remedy });
  }
}

function incidentRow(row: Record<string, unknown>): IncidentRow {
  const { steps, evidence, began_at, opened_at, updated_at, closed_at, ...rest } = row;
  return {
    ...(rest as unknown as IncidentRow),
    steps: JSON.parse(String(steps)) as IncidentStep[],
    evidence: JSON.parse(String(evidence)) as Json,
    began_at: Number(began_at),
    opened_at: Number(opened_at),
    updated_at: Number(updated_at),
    closed_at: closed_at === null ? null : Number(closed_at),
  };
}
