import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { canonicalJson, systemClock, type Json } from '../../common/index.js';
import { ExaminationRegistry } from '../../common/observation/examination-registry.js';
import { HealthRegistry } from '../../common/observation/health-registry.js';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { VersionRegistry } from '../../common/observation/version-registry.js';
import { AppConfig, Instance } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { AgentRunner, type AgentRun } from '../agents/agent-runner.js';
import { AlertStore } from '../alerts/alert-store.js';
import { MachineVitals } from '../vitals/machine-vitals.js';

/** A full health report as stored. */
export interface HealthReportRow {
  readonly id: string;
  readonly position: string;
  readonly node: string;
  /** Which server's it is; null in what was written before servers of one name were told apart. */
  readonly instance: string | null;
  /** ms since the epoch. */
  readonly at: number;
  readonly status: string;
  readonly report: Json;
}

type Row = Omit<HealthReportRow, 'at' | 'report'> & { readonly at: string; readonly report: string };

const HOUR_MS = 3_600_000;
const MOST_ALERTS = 100;

/** Full reports of how the server is: made every few hours, by each of several servers on one database, and kept. */
@Injectable()
export class HealthReports {
  private readonly logger = new Logger('Monitoring');

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly runner: AgentRunner,
    private readonly health: HealthRegistry,
    private readonly examinations: ExaminationRegistry,
    private readonly figures: LiveFigures,
    private readonly versions: VersionRegistry,
    private readonly vitals: MachineVitals,
    private readonly alerts: AlertStore,
    private readonly instance: Instance,
  ) {}

  /** Makes a report if the last one is old enough, or dated ahead by a clock that has gone back since. @returns whether it did */
  async makeIfDue(now = systemClock.now()): Promise<boolean> {
    const due = now - this.config.healthReportHours * HOUR_MS;
    const recent = (at: number) => at > due && at <= now;
    if (recent(await this.lastAt())) return false;
    const report = await this.gather();
    const made = await this.transactions.run(async (manager) => {
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('health_reports', 8))`);
      if (recent(await this.lastAt(manager))) return false;
      await manager.query(
        'INSERT INTO health_reports (id, node, at, status, report, instance) VALUES ($1, $2, $3, $4, $5, $6)',
        [
          `report_${randomUUID().replaceAll('-', '')}`,
          ...[this.config.nodeName, now, report.status, canonicalJson(report as unknown as Json)],
          this.instance.id,
        ],
      );
      return true;
    });
    if (made) this.logger.log(`health report: ${report.status}`);
    return made;
  }

  /** Reports, newest first. */
  async list(before: string | undefined, limit: number): Promise<HealthReportRow[]> {
    const rows = await this.dataSource.query<Row[]>(
      `SELECT * FROM health_reports WHERE ($1::bigint IS NULL OR position < $1) ORDER BY position DESC LIMIT $2`,
      [before ?? null, limit],
    );
    return rows.map((row) => ({ ...row, at: Number(row.at), report: JSON.parse(row.report) as Json }));
  }

  /** When this server made its last one; what was written before servers were told apart goes by the node's name. */
  private async lastAt(manager: Pick<DataSource, 'query'> = this.dataSource): Promise<number> {
    const rows = await manager.query<{ at: string }[]>(
      `SELECT at FROM health_reports WHERE instance = $1 OR instance IS NULL AND node = $2
       ORDER BY position DESC LIMIT 1`,
      [this.instance.id, this.config.nodeName],
    );
    return Number(rows.at(0)?.at ?? 0);
  }

  private async gather() {
    const runs = await this.runner.runAll();
    const { status, probes } = await this.health.check();
    const [disk, memory, alerts] = await Promise.all([
      this.vitals.disk(),
      this.vitals.memory(),
      this.alerts.list({ open: true, limit: MOST_ALERTS }),
    ]);
    return {
      ...{ version: 1, status: worst(status, runs), readiness: { status, probes } },
      // Those of the round that was made just now: the kernel, blobs, queues, and audit records against the log.
      examinations: this.examinations.latest?.probes ?? {},
      agents: runs.map(({ agent, status: found, score, detail }) => ({
        agent,
        status: found,
        score,
        detail,
      })),
      alerts: alerts.map(({ id, severity, state, summary, raisedAt }) => ({
        id,
        severity,
        state,
        summary,
        raised_at: raisedAt,
      })),
      machine: {
        disk,
        memory,
        uptime_s: Math.round(process.uptime()),
        resident_bytes: process.memoryUsage.rss(),
      },
      ...{ figures: this.figures.read(), running: this.versions.all() },
    };
  }
}

/** `critical` when something failed or an agent says so, `warning` when something is not as it should be, else `ok`. */
function worst(readiness: string, runs: readonly AgentRun[]): string {
  const has = (status: string) => runs.some((run) => run.status === status);
  if (readiness === 'failed' || has('critical')) return 'critical';
  return readiness === 'degraded' || has('warning') ? 'warning' : 'ok';
}
