import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig, Instance } from '../../config/index.js';
import type { AgentStatus } from '../agents/agent.js';

/** Most spans that a history is cut into. */
export const MOST_SPANS = 600;
/** Most measures that are told of at once. */
export const MOST_MEASURES = 64;
/** Most servers that are named: of more, those with the smallest ids. */
const MOST_SERVERS = 100;
/** So many of the newest measurements say which measures there are, where nobody names any. */
const NEWEST = 300;
/** From well to bad; the place of one in it is how bad it is. */
const STATUSES: readonly AgentStatus[] = ['ok', 'unknown', 'warning', 'critical'];

/** Whose history, since when, and which measures of it. */
export interface HistoryQuestion {
  readonly agent: string;
  /** ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Which server's; without, that of the server that is asked. */
  readonly instance?: string;
  /** Without, those that its newest measurements have. */
  readonly measures?: readonly string[];
}

/** A server that has measured. */
export interface MeasuringServer {
  readonly node: string;
  readonly instance: string;
}

/** What was measured in one span. Of what was measured once, least and most are left out: they are the mean. */
export interface HistorySpan {
  /** The last measurement in it, ms since the epoch. */
  readonly at: number;
  /** How often was measured in it. */
  readonly count: number;
  /** The worst. */
  readonly status: AgentStatus;
  /** The lowest; null where there was none. */
  readonly score: number | null;
  /** Means. */
  readonly measures: Readonly<Record<string, number>>;
  readonly least?: Readonly<Record<string, number>>;
  readonly most?: Readonly<Record<string, number>>;
}

/** What one server measured, cut into spans of one length; oldest first. Spans in which nothing was measured are left out. */
export interface History {
  readonly node: string | null;
  readonly instance: string;
  readonly spanMs: number;
  readonly items: readonly HistorySpan[];
}

interface Row {
  readonly at: string;
  readonly count: number;
  readonly status: number;
  readonly score: number | null;
  readonly means: (number | null)[];
  readonly leasts: (number | null)[];
  readonly mosts: (number | null)[];
}

/** Names of measures become names of columns: they are held to this. */
const MEASURE = /^[a-z][a-z0-9_]{0,60}$/;

/** One server's measurements of an agent ($1) since a time ($2); what was measured before servers were told apart ($3) goes by the node's name ($4). */
const OF_SERVER = `o.agent = $1 AND o.at >= to_timestamp($2 / 1000.0) AND (o.instance = $3 OR o.instance IS NULL AND o.node = $4)`;

/** Whether something may be the name of a measure. */
export function isMeasure(name: string): boolean {
  return MEASURE.test(name);
}

/**
 * The history of months as what fits into a picture. It reads what one server measured, however many there are, and answers with at
 * most `MOST_SPANS` spans of at most `MOST_MEASURES` measures.
 */
@Injectable()
export class HistoryReader {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly own: Instance,
  ) {}

  /** What a server measured. */
  async read(question: HistoryQuestion): Promise<History> {
    const { agent, from, to, instance = this.own.id } = question;
    const node = await this.nodeOf(agent, instance);
    // One span less: neither end falls on the border of one.
    const spanMs = Math.max(1, Math.ceil((to - from) / (MOST_SPANS - 1)));
    const server = [agent, from, instance, node] as const;
    const measures = [...new Set(question.measures ?? (await this.newestMeasures(server)))].filter(isMeasure);
    // Measures may have the names of the table's own columns: all are told apart by what they are of.
    const columns = measures.map((name) => `, "${name}" float8`).join('');
    const all = (what: string) =>
      `ARRAY[${measures.map((name) => `${what}(measured."${name}")`).join()}]::float8[]`;
    const rows = await this.dataSource.query<Row[]>(
      `SELECT max((extract(epoch FROM o.at) * 1000)::bigint) AS at, count(*)::int AS count,
         max(array_position($6::text[], o.status)) - 1 AS status, min(o.score) AS score,
         ${all('avg')} AS means, ${all('min')} AS leasts, ${all('max')} AS mosts
       FROM monitoring_observations o, json_to_record(o.measures::json) AS measured (" " float8${columns})
       WHERE ${OF_SERVER}
       GROUP BY date_bin($5::bigint * interval '1 millisecond', o.at, 'epoch'::timestamptz)
       ORDER BY date_bin($5::bigint * interval '1 millisecond', o.at, 'epoch'::timestamptz)`,
      [...server, spanMs, STATUSES],
    );
    return { node, instance, spanMs, items: rows.map((row) => spanOf(row, measures)) };
  }

  /** Servers that an agent has measured on since a time, by their ids. */
  async servers(agent: string, from: number): Promise<MeasuringServer[]> {
    // From one to the next along the index by server: how much each has measured costs nothing. An equation instead of BETWEEN would
    // let the planner read the index by time backwards, past all the others, to the last word of a server that is gone.
    return this.dataSource.query<MeasuringServer[]>(
      `WITH RECURSIVE known AS (
         SELECT min(instance) AS instance, 1 AS place FROM monitoring_observations WHERE agent = $1
         UNION ALL
         SELECT (SELECT min(instance) FROM monitoring_observations WHERE agent = $1 AND instance > known.instance), place + 1
         FROM known WHERE known.instance IS NOT NULL AND place < ${MOST_SERVERS}
       )
       SELECT newest.node, known.instance FROM known, LATERAL (
         SELECT node, at FROM monitoring_observations WHERE agent = $1 AND instance BETWEEN known.instance AND known.instance
         ORDER BY instance DESC, at DESC LIMIT 1
       ) newest
       WHERE known.instance IS NOT NULL AND newest.at >= to_timestamp($2 / 1000.0) ORDER BY known.instance`,
      [agent, from],
    );
  }

  private async nodeOf(agent: string, instance: string): Promise<string | null> {
    if (instance === this.own.id) return this.config.nodeName;
    const [row] = await this.dataSource.query<{ node: string }[]>(
      `SELECT node FROM monitoring_observations WHERE agent = $1 AND instance BETWEEN $2 AND $2
       ORDER BY instance DESC, at DESC LIMIT 1`,
      [agent, instance],
    );
    return row?.node ?? null;
  }

  private async newestMeasures(server: readonly unknown[]): Promise<string[]> {
    const rows = await this.dataSource.query<{ name: string }[]>(
      `SELECT DISTINCT name FROM (
         SELECT measures FROM monitoring_observations o WHERE ${OF_SERVER} ORDER BY at DESC LIMIT ${NEWEST}
       ) newest, jsonb_object_keys(measures::jsonb) AS name ORDER BY name LIMIT ${MOST_MEASURES}`,
      [...server],
    );
    return rows.map(({ name }) => name);
  }
}

function spanOf(
  { at, count, status, score, means, leasts, mosts }: Row,
  names: readonly string[],
): HistorySpan {
  const record = (values: readonly (number | null)[]): Record<string, number> =>
    Object.fromEntries(
      values.flatMap((value, index) => (value === null ? [] : [[names[index], value] as const])),
    );
  const seen = { at: Number(at), count, status: STATUSES[status], score, measures: record(means) };
  return count === 1 ? seen : { ...seen, least: record(leasts), most: record(mosts) };
}
