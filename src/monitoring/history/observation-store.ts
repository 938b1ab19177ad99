import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { canonicalJson } from '../../common/index.js';
import type { QuerySource } from '../../common/query-source.js';
import { AppConfig, Instance } from '../../config/index.js';
import type { AgentStatus, Observation } from '../agents/agent.js';
import { Partitions } from './partitions.js';

/** An observation as stored. */
export interface StoredObservation {
  readonly agent: string;
  readonly node: string;
  /** Which server's it is; null in what was written before servers of one name were told apart. */
  readonly instance: string | null;
  /** ms since the epoch. */
  readonly at: number;
  readonly status: AgentStatus;
  readonly score: number | null;
  readonly detail: string;
  readonly measures: Readonly<Record<string, number>>;
}

interface Row {
  readonly agent: string;
  readonly node: string;
  readonly instance: string | null;
  readonly at: Date;
  readonly status: string;
  readonly score: number | null;
  readonly detail: string;
  readonly measures: string;
}

/** Observations of this server ($1); what was written before servers were told apart goes by the node's name ($2). */
const OWN = '(instance = $1 OR instance IS NULL AND node = $2)';
const DAY_MS = 86_400_000;
const HALF_HOUR_MS = 1_800_000;
/** Days whose same hour a measurement is compared with. */
const COMPARED_DAYS = 14;

/** What the agents saw, a partition a month. */
@Injectable()
export class ObservationStore {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly partitions: Partitions,
    private readonly instance: Instance,
  ) {}

  /** Stores an observation. */
  async add(agent: string, at: number, seen: Observation): Promise<void> {
    await this.partitions.prepare(at);
    await this.dataSource.query(
      `INSERT INTO monitoring_observations (agent, node, at, status, score, detail, measures, instance)
       VALUES ($1, $2, to_timestamp($3 / 1000.0), $4, $5, $6, $7, $8)`,
      [
        ...[agent, this.config.nodeName, at, seen.status, seen.score, seen.detail],
        ...[canonicalJson(finiteOnly(seen.measures)), this.instance.id],
      ],
    );
  }

  /** Observations of an agent on this server since a time, oldest first, at most `limit` of the newest. */
  async ownSince(agent: string, from: number, limit: number): Promise<StoredObservation[]> {
    const rows = await this.dataSource.query<Row[]>(
      `SELECT * FROM monitoring_observations WHERE ${OWN} AND agent = $3 AND at >= to_timestamp($4 / 1000.0)
       ORDER BY at DESC LIMIT $5`,
      [...this.own, agent, from, limit],
    );
    return rows.reverse().map(observationOf);
  }

  /** The newest observation of every agent on this server. */
  async latest(): Promise<StoredObservation[]> {
    const rows = await this.dataSource.query<Row[]>(
      `SELECT DISTINCT ON (agent) * FROM monitoring_observations WHERE ${OWN} AND at > now() - interval '31 days'
       ORDER BY agent, at DESC`,
      [...this.own],
    );
    return rows.map(observationOf);
  }

  /**
   * What each process saw last since a time, of those that ran the agent: `process` is a measure that only one process has. Of what
   * has no such measure, the newest. @param source the caller's transaction, where it is in one
   */
  async lastOfEach(
    agent: string,
    process: string,
    from: number,
    source: QuerySource = this.dataSource,
  ): Promise<StoredObservation[]> {
    const rows = await source.query<Row[]>(
      `SELECT DISTINCT ON (node, instance, measures::jsonb -> $2) * FROM monitoring_observations
       WHERE agent = $1 AND at > to_timestamp($3 / 1000.0) ORDER BY node, instance, measures::jsonb -> $2, at DESC`,
      [agent, process, from],
    );
    return rows.map(observationOf);
  }

  /** What an agent of this server measured within half an hour of this time of day, on the days before. */
  async sameHour(agent: string, now: number): Promise<StoredObservation[]> {
    const rows = await this.dataSource.query<Row[]>(
      `SELECT o.* FROM generate_series(1, $5::int) AS day
         JOIN monitoring_observations o ON ${OWN} AND o.agent = $3
           AND o.at BETWEEN to_timestamp(($4 - day * ${DAY_MS}::bigint - ${HALF_HOUR_MS}) / 1000.0)
                        AND to_timestamp(($4 - day * ${DAY_MS}::bigint + ${HALF_HOUR_MS}) / 1000.0)
       ORDER BY o.at`,
      [...this.own, agent, now, COMPARED_DAYS],
    );
    return rows.map(observationOf);
  }

  private get own(): readonly string[] {
    return [this.instance.id, this.config.nodeName];
  }
}

function observationOf({ at, status, measures, ...rest }: Row): StoredObservation {
  return {
    ...rest,
    at: at.getTime(),
    status: status as AgentStatus,
    measures: JSON.parse(measures) as Record<string, number>,
  };
}

/** JSON has no NaN and no infinity: what could not be measured is left out. */
function finiteOnly(measures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(measures).filter(([, value]) => Number.isFinite(value)));
}
