import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { HealingFigures, type RemedyRecord } from '../../common/autonomy/healing-figures.js';
import { canonicalJson, systemClock, type Json } from '../../common/index.js';
import { AppConfig, Instance } from '../../config/index.js';
import { databaseRefusal, Transactions } from '../../database/index.js';
import { RecordTrail } from '../../monitoring/index.js';
import type { Incident, IncidentStep } from './incident.js';

/** One try of a remedy. */
export interface Attempt {
  readonly incident: string;
  readonly cause: string;
  readonly remedy: string;
  /** Null while nobody has seen it: the server ends by it. */
  readonly helped: boolean | null;
  readonly detail: string;
  readonly tookMs: number;
}

/** An incident as stored. */
export interface IncidentRow {
  readonly id: string;
  readonly position: string;
  readonly node: string;
  /** Which server's it is; null in what was written before servers of one name were told apart. */
  readonly instance: string | null;
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

/** An incident that was ended for its server, with its state before. */
interface Closed {
  readonly id: string;
  readonly cause: string;
  readonly severity: string;
  readonly decision: string | null;
  readonly before: string;
}

/** Incidents of this server ($2); what was written before servers were told apart goes by the node's name ($3). */
const OWN = '(instance = $2 OR instance IS NULL AND node = $3)';
/** What is kept in memory while the database is away; more is dropped, the oldest first. */
const MOST_WAITING = 100;
/** Incidents of this process that are remembered as such: many more than it begins before its predecessor's are closed. */
const MOST_BEGUN = 1_000;
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
  /** Incidents that this process has begun: no earlier process has left them. */
  private readonly begun = new Set<string>();
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly trail: RecordTrail,
    private readonly instance: Instance,
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
    this.begun.add(incident.id);
    dropOldest(this.incidents, MOST_WAITING);
    dropOldest(this.begun, MOST_BEGUN);
    void this.flush();
  }

  /** Writes an attempt, soon. @param known what it was written as before, where it now gets its outcome */
  add(attempt: Attempt, known?: { readonly id: string; readonly at: number }): void {
    const { id, at } = known ?? { id: randomUUID(), at: systemClock.now() };
    this.attempts.push({ ...attempt, id, at });
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

  /** How every remedy fared against every cause, within 90 days; what nobody has seen the outcome of tells nothing. */
  async records(): Promise<RemedyRecord[]> {
    const rows = await this.dataSource.query<
      { cause: string; remedy: string; attempts: string; helped: string }[]
    >(
      `SELECT cause, remedy, count(*) AS attempts, count(*) FILTER (WHERE helped) AS helped FROM healing_attempts
       WHERE at > $1 AND helped IS NOT NULL GROUP BY cause, remedy ORDER BY cause, remedy`,
      [systemClock.now() - DAYS_COUNTED * 86_400_000],
    );
    return rows.map((row) => ({ ...row, attempts: Number(row.attempts), helped: Number(row.helped) }));
  }

  /**
   * When earlier processes of this server tried remedies since a time, by cause: a restart must not forget that something was tried
   * too often. What has no incident (the database was away for long) may be this server's.
   */
  async triedSince(from: number): Promise<{ cause: string; at: number }[]> {
    const rows = await this.dataSource.query<{ cause: string; at: string }[]>(
      `SELECT a.cause, a.at FROM healing_attempts a LEFT JOIN incidents i ON i.id = a.incident
       WHERE a.at > $1 AND (i.id IS NULL OR ${OWN}) AND a.incident <> ALL ($4) ORDER BY a.at LIMIT 1000`,
      [from, this.instance.id, this.config.nodeName, [...this.begun]],
    );
    return rows.map(({ cause, at }) => ({ cause, at: Number(at) }));
  }

  /** Which of these incidents are, or were, this server's. */
  async ownOf(incidents: readonly string[]): Promise<Set<string>> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `SELECT id FROM incidents WHERE id = ANY ($1) AND ${OWN}`,
      [incidents, this.instance.id, this.config.nodeName],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * Ends what an earlier process of this server left open: what is still wrong is found anew. It may come late, and leaves alone what
   * this process has begun.
   * @param kept incidents that this process goes on with
   * @returns decisions of theirs that still wait for somebody's answer
   */
  closeLeftovers(kept: readonly string[]): Promise<string[]> {
    // In turn with the writing: an incident that is begun meanwhile is not in the database before this is over.
    const closed = this.writing.then(() => {
      const own = [this.instance.id, this.config.nodeName, [...this.begun, ...kept]];
      return this.close(`${OWN} AND id <> ALL ($4)`, [systemClock.now(), ...own], 'with the process');
    });
    this.writing = closed.then(
      () => undefined,
      () => undefined,
    );
    return closed;
  }

  /** Ends incidents of other servers that are gone. @param silentMs for how long they have said nothing. @returns as `closeLeftovers` */
  async closeAbandoned(silentMs: number): Promise<string[]> {
    const now = systemClock.now();
    const values = [now, this.instance.id, now - silentMs];
    return this.close('instance <> $2 AND updated_at < $3', values, 'its server is gone');
  }

  private async close(which: string, values: unknown[], ended: string): Promise<string[]> {
    const closed = await this.transactions.run(async (manager) => {
      const rows: Closed[] = await manager.query(
        `WITH left_open AS (
           SELECT id, state AS before FROM incidents WHERE closed_at IS NULL AND ${which} FOR UPDATE
         ), closed AS (
           UPDATE incidents i SET state = 'resolved', closed_at = $1, updated_at = $1 FROM left_open l WHERE i.id = l.id
           RETURNING i.id, i.cause, i.severity, i.decision, l.before
         ) SELECT * FROM closed`,
        values,
      );
      for (const { id: subject, cause: about, severity } of rows)
        await this.trail.append(manager, {
          ...{ kind: 'incident', subject, state: 'resolved', severity, about, actor: ACTOR },
          evidence: { ended },
        });
      return rows;
    });
    this.trail.committed();
    return closed.flatMap(({ before, decision }) =>
      before === 'waiting' && decision !== null ? decision : [],
    );
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
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET helped = $5, detail = $6 WHERE healing_attempts.helped IS NULL`,
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
      `INSERT INTO incidents (id, node, cause, state, severity, summary, remedy, decision, attempts, steps, evidence, began_at, opened_at, updated_at, closed_at, instance, course)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
       ON CONFLICT (id) DO UPDATE SET state = $4, summary = $6, remedy = $7, decision = $8, attempts = $9, steps = $10,
         evidence = $11, updated_at = $14, closed_at = $15, course = $17`,
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
        ...[incident.beganAt, incident.openedAt, incident.updatedAt, incident.closedAt, this.instance.id],
        JSON.stringify({ place: incident.place, early: incident.early }),
      ],
    );
    if (before.at(0)?.state === state) return;
    const { remedy, evidence } = incident;
    const facts = { kind: 'incident', subject: id, state, severity, about: cause, actor: ACTOR } as const;
    await this.trail.append(manager, { ...facts, evidence, remedy });
  }
}

/** Keeps the newest entries of what remembers their order. */
function dropOldest(all: Set<string> | Map<string, unknown>, most: number): void {
  for (const id of [...all.keys()].slice(0, Math.max(0, all.size - most))) all.delete(id);
}

/** What only the server's own next process reads of it is left out. */
function incidentRow(row: Record<string, unknown>): IncidentRow {
  const { course: _, steps, evidence, began_at, opened_at, updated_at, closed_at, ...rest } = row;
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
