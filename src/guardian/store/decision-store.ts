import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import {
  canonicalJson,
  CodedError,
  err,
  ok,
  systemClock,
  unwrap,
  type Json,
  type Result,
} from '../../common/index.js';
import type { Circumstances, Judged, Outcome } from '../../decision/index.js';
import { DECISION_STATES, type DecisionState } from '../states.js';
import {
  decisionRow,
  escalationRow,
  type Columns,
  type DecisionChange,
  type DecisionRow,
  type EscalationRow,
} from './rows.js';

/** Which decisions a list shows, newest first. */
export interface DecisionFilter {
  readonly type?: string;
  readonly state?: string;
  readonly before?: string;
  readonly limit: number;
}

type Reader = Pick<EntityManager, 'query'>;

/** What an action is a remedy for. */
interface CauseOf {
  readonly cause: string | null;
}

/** Of the same subject ($3). Healing is each server's own; what was asked before servers were told apart may have been any server's. */
const SAME = `(subject = $3 OR type = 'healing' AND subject = 'server')`;
/** Outcomes of an action that its record looks back on: a remedy that was mended is soon believed again. */
const NEWEST_OUTCOMES = 20;

/** Of what a guardian changed, the outcome tells nothing of the confidence in what was asked. */
const AS_ASKED = `NOT EXISTS (SELECT 1 FROM escalations e WHERE e.decision_id = decisions.id AND e.amended IS NOT NULL)`;

/** Event of the audit record of an action that is taken up after a crash. */
export const TAKEN_UP = 'decision.taken_up';

const ESCALATION = 'SELECT e.*, e.expires_at <= now() AS late FROM escalations e';

/** Tables of decisions and of questions about them. Whoever changes a decision holds its row first. */
@Injectable()
export class DecisionStore {
  constructor(private readonly dataSource: DataSource) {}

  /** A decision; `DECISION_NOT_FOUND` (404). */
  async decision(id: string, reader: Reader = this.dataSource): Promise<Result<DecisionRow>> {
    const rows: Columns[] = await reader.query('SELECT * FROM decisions WHERE id = $1', [id]);
    return rows.length === 0 ? err(notFound('decision', id)) : ok(decisionRow(rows[0]));
  }

  /** A decision, held until the transaction ends; `DECISION_NOT_FOUND` (404). */
  async hold(manager: EntityManager, id: string): Promise<Result<DecisionRow>> {
    const rows: Columns[] = await manager.query('SELECT * FROM decisions WHERE id = $1 FOR UPDATE', [id]);
    return rows.length === 0 ? err(notFound('decision', id)) : ok(decisionRow(rows[0]));
  }

  /** The decision somebody asked for under a key; null where there is none. */
  async byKey(manager: EntityManager, askedBy: string, key: string): Promise<DecisionRow | null> {
    const rows: Columns[] = await manager.query(
      'SELECT * FROM decisions WHERE asked_by = $1 AND idempotency_key = $2',
      [askedBy, key],
    );
    return rows.length === 0 ? null : decisionRow(rows[0]);
  }

  /** Decisions, newest first. */
  async list({ type, state, before, limit }: DecisionFilter): Promise<DecisionRow[]> {
    const rows = await this.dataSource.query<Columns[]>(
      `SELECT * FROM decisions WHERE ($1::text IS NULL OR type = $1) AND ($2::text IS NULL OR state = $2)
         AND ($3::bigint IS NULL OR position < $3) ORDER BY position DESC LIMIT $4`,
      [type ?? null, state ?? null, before ?? null, limit],
    );
    return rows.map(decisionRow);
  }

  /** Adds a decision in the state that was found for it. */
  async insert(manager: EntityManager, row: Omit<DecisionRow, 'position' | 'actedAt'>): Promise<DecisionRow> {
    unwrap(DECISION_STATES.move(DECISION_STATES.initial, row.state));
    const { appraisal } = row;
    await manager.query(
      `INSERT INTO decisions (id, type, action, subject, parameters, asked_by, idempotency_key, request_hash, delegated,
         emergency, proposal, appraisal, model, raw, estimate, intended, matrix, state, automatic, decided_by, reason,
         created_at, updated_at, acted_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $22,
         CASE WHEN $18 = 'approved' THEN now() END)`,
      [
        ...[row.id, row.type, row.action, row.subject, canonicalJson(row.parameters as Json), row.askedBy],
        ...[row.idempotencyKey, row.requestHash, row.delegated, row.emergency],
        ...[canonicalJson(row.proposal as unknown as Json), canonicalJson(appraisal as unknown as Json)],
        ...[appraisal.model, appraisal.confidence.raw, appraisal.confidence.estimate, appraisal.intended],
        ...[appraisal.matrix, row.state, row.automatic, row.decidedBy, row.reason, row.createdAt],
      ],
    );
    return unwrap(await this.decision(row.id, manager));
  }

  /** Moves a held decision; throws `STATE_CONFLICT` where that state may not follow. */
  async move(
    manager: EntityManager,
    { id, state }: DecisionRow,
    to: DecisionState,
    change: DecisionChange = {},
  ): Promise<DecisionRow> {
    unwrap(DECISION_STATES.move(state, to));
    const text = (value: Json | undefined) => (value === undefined ? null : canonicalJson(value));
    await manager.query(
      `UPDATE decisions SET state = $2, updated_at = $3, decided_by = coalesce($4, decided_by),
         reason = coalesce($5, reason), automatic = coalesce($6, automatic), parameters = coalesce($7, parameters),
         result = coalesce($8, result), helped = coalesce($9, helped), detail = coalesce($10, detail),
         lease_until = now() + $11 * interval '1 millisecond', action = coalesce($12, action),
         proposal = coalesce($13, proposal),
         acted_at = CASE WHEN $2 = 'approved' THEN now() ELSE acted_at END
       WHERE id = $1`,
      [
        ...[id, to, systemClock.now(), change.decidedBy ?? null, change.reason ?? null],
        ...[change.automatic ?? null, text(change.parameters), text(change.result), change.helped ?? null],
        ...[change.detail ?? null, change.leaseMs ?? null, change.action ?? null, text(change.proposal)],
      ],
    );
    return unwrap(await this.decision(id, manager));
  }

  /**
   * What has happened that limits an action now; nothing of the emergency stop. Cooldown and attempts are those of the subject, the hour
   * is that of the type, but for healing, where it is the subject's, too.
   * @param cause what it is a remedy for; null: for nothing
   */
  async circumstances(
    manager: Reader,
    { type, action, subject, cause }: Pick<DecisionRow, 'type' | 'action' | 'subject'> & CauseOf,
  ): Promise<Omit<Circumstances, 'stopped' | 'blastRadius'>> {
    const [row]: Columns[] = await manager.query(
      `SELECT count(*) FILTER (WHERE acted_at > now() - interval '1 hour' AND (type <> 'healing' OR ${SAME})) AS in_hour,
         count(*) FILTER (WHERE action = $2 AND ${SAME}) AS in_day,
         floor(extract(epoch FROM now() - max(acted_at) FILTER (WHERE action = $2 AND ${SAME}))) AS since
       FROM decisions WHERE type = $1 AND automatic AND acted_at > now() - interval '24 hours'
         AND NOT (delegated AND state = 'refused')`,
      [type, action, subject],
    );
    const [record]: Columns[] = await manager.query(
      `SELECT count(*) AS tried, count(*) FILTER (WHERE helped) AS helped FROM (
         SELECT helped FROM decisions WHERE type = $1 AND action = $2 AND helped IS NOT NULL
           AND (parameters::json ->> 'cause') IS NOT DISTINCT FROM $3
         ORDER BY position DESC LIMIT $4) AS newest`,
      [type, action, cause, NEWEST_OUTCOMES],
    );
    return {
      automaticInHour: Number(row.in_hour),
      attemptsInDay: Number(row.in_day),
      secondsSinceLast: row.since === null ? null : Number(row.since),
      ...{ tried: Number(record.tried), helped: Number(record.helped) },
    };
  }

  /** The newest outcomes of a type under one version of its model: raw confidences and what came of them. */
  async outcomes(
    type: string,
    model: string,
    most: number,
    reader: Reader = this.dataSource,
  ): Promise<Outcome[]> {
    const rows: { raw: number; helped: boolean }[] = await reader.query(
      `SELECT raw, helped FROM decisions WHERE type = $1 AND model = $2 AND helped IS NOT NULL AND ${AS_ASKED}
       ORDER BY position DESC LIMIT $3`,
      [type, model, most],
    );
    return rows.map(({ raw, helped }) => ({ raw, success: helped }));
  }

  /** The newest estimates of all types with what came of them; orders of guardians are no estimates. */
  async judged(most: number, reader: Reader = this.dataSource): Promise<(Judged & { type: string })[]> {
    const rows: { type: string; estimate: number; helped: boolean }[] = await reader.query(
      `SELECT type, estimate, helped FROM decisions WHERE helped IS NOT NULL AND type <> 'guardian_override' AND ${AS_ASKED}
       ORDER BY position DESC LIMIT $1`,
      [most],
    );
    return rows.map(({ type, estimate, helped }) => ({ type, confidence: estimate, success: helped }));
  }

  /** Decisions that nobody is at although their action should be done, has begun, or should be taken back. */
  async left(): Promise<string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `SELECT id FROM decisions WHERE NOT delegated AND lease_until <= now()
       UNION ALL
       SELECT id FROM decisions WHERE NOT delegated AND state = 'approved' AND acted_at <= now() - interval '30 seconds'
       LIMIT 100`,
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Decisions whose action is being done, newest first; at most a hundred. One that others do by themselves counts for some minutes
   * after it was allowed: they may have ended without a word.
   */
  async underWay(): Promise<DecisionRow[]> {
    const rows = await this.dataSource.query<Columns[]>(
      `SELECT * FROM decisions WHERE state = 'executing'
         OR (state = 'approved' AND delegated AND acted_at > now() - interval '5 minutes')
       ORDER BY position DESC LIMIT 100`,
    );
    return rows.map(decisionRow);
  }

  /** Takes over an action that nobody is at any more; null where somebody is, or where there is nothing to do. */
  async takeOver(manager: EntityManager, id: string, leaseMs: number): Promise<DecisionRow | null> {
    const rows: Columns[] = await manager.query(
      `WITH taken AS (
         UPDATE decisions SET lease_until = now() + $2 * interval '1 millisecond'
         WHERE id = $1 AND NOT delegated AND state IN ('executing', 'failed') AND lease_until <= now() RETURNING *
       ) SELECT * FROM taken`,
      [id, leaseMs],
    );
    return rows.length === 0 ? null : decisionRow(rows[0]);
  }

  /** Leaves an action to this process for longer, or with null to nobody: there is nothing to be done about it. */
  async lease(id: string, leaseMs: number | null): Promise<void> {
    await this.dataSource.query(
      `UPDATE decisions SET lease_until = now() + $2 * interval '1 millisecond'
       WHERE id = $1 AND ($2::float8 IS NULL OR state IN ('executing', 'failed'))`,
      [id, leaseMs],
    );
  }

  /** How often the action of a decision was taken up again after a crash. */
  async takenUp(id: string): Promise<number> {
    const [{ times }] = await this.dataSource.query<{ times: string }[]>(
      `SELECT count(*) AS times FROM guardian_audit WHERE decision_id = $1 AND record LIKE $2`,
      [id, `%"event":"${TAKEN_UP}"%`],
    );
    return Number(times);
  }

  /** A question; `ESCALATION_NOT_FOUND` (404). */
  async escalation(id: string, reader: Reader = this.dataSource): Promise<Result<EscalationRow>> {
    const rows: Columns[] = await reader.query(`${ESCALATION} WHERE e.id = $1`, [id]);
    return rows.length === 0 ? err(notFound('escalation', id)) : ok(escalationRow(rows[0]));
  }

  /** The question about a decision; null where nobody was asked. */
  async escalationOf(decision: string, reader: Reader = this.dataSource): Promise<EscalationRow | null> {
    const rows: Columns[] = await reader.query(`${ESCALATION} WHERE e.decision_id = $1`, [decision]);
    return rows.length === 0 ? null : escalationRow(rows[0]);
  }

  /** Questions with their decisions, newest first. */
  async escalations({ state, before, limit }: DecisionFilter): Promise<[EscalationRow, DecisionRow][]> {
    const rows = await this.dataSource.query<Columns[]>(
      `${ESCALATION} WHERE ($1::text IS NULL OR e.state = $1) AND ($2::bigint IS NULL OR e.position < $2)
       ORDER BY e.position DESC LIMIT $3`,
      [state ?? null, before ?? null, limit],
    );
    const found = rows.map(escalationRow);
    const decisions = await this.dataSource.query<Columns[]>('SELECT * FROM decisions WHERE id = ANY ($1)', [
      found.map(({ decision }) => decision),
    ]);
    const byId = new Map(decisions.map(decisionRow).map((row) => [row.id, row]));
    return found.map((row) => [row, byId.get(row.decision) as DecisionRow]);
  }

  /** Decisions about these actions that wait for an answer, oldest first; at most 500. */
  async questioned(actions: readonly string[]): Promise<string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `SELECT d.id FROM escalations e JOIN decisions d ON d.id = e.decision_id
       WHERE e.state = 'open' AND d.state = 'waiting' AND NOT d.delegated AND d.action = ANY ($1)
       ORDER BY e.position LIMIT 500`,
      [actions],
    );
    return rows.map(({ id }) => id);
  }

  /** Questions that nobody answered in time, at most a hundred. */
  async lateEscalations(): Promise<EscalationRow[]> {
    const rows = await this.dataSource.query<Columns[]>(
      `${ESCALATION} WHERE e.state = 'open' AND e.expires_at <= now() LIMIT 100`,
    );
    return rows.map(escalationRow);
  }
}

function notFound(what: 'decision' | 'escalation', id: string): CodedError {
  const code = what === 'decision' ? 'DECISION_NOT_FOUND' : 'ESCALATION_NOT_FOUND';
  return new CodedError(code, `There is no ${what} ${id}.`, { [what]: id }, 404);
}
