import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { systemClock, type Json } from '../../common/index.js';
import { AppConfig, Instance } from '../../config/index.js';
import { CAUSES, REMEDIES, type RemedyName } from '../patterns/healing-rules.js';
import { Incident, type IncidentStep } from './incident.js';
import type { Attempt } from './incident-store.js';

/** A remedy that ended the server, and the incident it was for: whether it has helped is seen by the server after that. */
export interface LeftRestart {
  readonly incident: Incident;
  readonly attempt: Attempt & { readonly id: string; readonly at: number; readonly remedy: RemedyName };
}

interface Row {
  readonly attempt: string;
  readonly at: string;
  readonly detail: string;
  readonly took_ms: string;
  readonly id: string;
  readonly cause: string;
  readonly severity: string;
  readonly summary: string;
  readonly remedy: string;
  readonly decision: string | null;
  readonly attempts: number;
  readonly steps: string;
  readonly evidence: string;
  readonly course: string | null;
  readonly began_at: string;
  readonly opened_at: string;
  readonly updated_at: string;
}

/** A server that comes back later was not just started again: much else may have changed meanwhile. */
const SOON_MS = 3_600_000;

/** What an earlier process of this server tried at its end. */
@Injectable()
export class LeftRestarts {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly instance: Instance,
  ) {}

  /** The newest of every cause within the last hour that nobody has settled yet. */
  async unsettled(): Promise<LeftRestart[]> {
    const rows = await this.dataSource.query<Row[]>(
      `SELECT DISTINCT ON (i.cause) a.id AS attempt, a.at, a.detail, a.took_ms, a.remedy,
         i.id, i.cause, i.severity, i.summary, i.decision, i.attempts, i.steps, i.evidence, i.course, i.began_at, i.opened_at,
         i.updated_at
       FROM incidents i JOIN healing_attempts a ON a.incident = i.id
       WHERE i.closed_at IS NULL AND i.state = 'verifying' AND a.helped IS NULL AND a.at > $1
         AND (i.instance = $2 OR i.instance IS NULL AND i.node = $3)
       ORDER BY i.cause, a.at DESC`,
      [systemClock.now() - SOON_MS, this.instance.id, this.config.nodeName],
    );
    return rows.flatMap(leftRestart);
  }
}

/** How far the incident was; earlier versions did not write it down. */
function courseOf({ course }: Row): Pick<Incident, 'place' | 'early'> {
  if (course === null) return { place: 0, early: [] };
  const { place, early } = JSON.parse(course) as { place: number; early: string[] };
  return { place, early: early.flatMap((name) => REMEDIES.find((each) => each === name) ?? []) };
}

/** What this version does not know any more is left to be closed. */
function leftRestart(row: Row): LeftRestart[] {
  const cause = [...CAUSES, 'unknown' as const].find((each) => each === row.cause);
  const remedy = REMEDIES.find((each) => each === row.remedy);
  return cause === undefined || remedy === undefined ? [] : [restored(row, cause, remedy)];
}

function restored(row: Row, cause: Incident['cause'], remedy: RemedyName): LeftRestart {
  const evidence = JSON.parse(row.evidence) as Record<string, Json>;
  const severity = row.severity === 'critical' ? 'critical' : 'warning';
  const symptom = { cause, summary: row.summary, evidence, match: 1 };
  const incident = new Incident(
    cause,
    severity,
    Number(row.began_at),
    symptom,
    row.id,
    Number(row.opened_at),
  );
  incident.state = 'verifying';
  incident.remedy = remedy;
  incident.decision = row.decision;
  incident.attempts = row.attempts;
  incident.follow(courseOf(row));
  incident.updatedAt = Number(row.updated_at);
  incident.steps.splice(0, Infinity, ...(JSON.parse(row.steps) as IncidentStep[]));
  const tried = { incident: row.id, cause, remedy, helped: null, detail: row.detail };
  return {
    incident,
    attempt: { ...tried, tookMs: Number(row.took_ms), id: row.attempt, at: Number(row.at) },
  };
}
