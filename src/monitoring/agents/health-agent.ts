import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Clock, Json } from '../../common/index.js';
import { DependencyRegistry } from '../../common/observation/dependency-registry.js';
import { ExaminationRegistry } from '../../common/observation/examination-registry.js';
import { HealthRegistry, worstHealth, type HealthReport } from '../../common/observation/health-registry.js';
import { DatabaseClock } from '../../database/index.js';
import { MachineVitals, type DiskReading } from '../vitals/machine-vitals.js';
import { observation, type MonitoringAgent, type Observation } from './agent.js';
import { AgentRegistry } from './agent-registry.js';

/** An entry that waits longer than this for its leaf is late, ms. */
const LATE_MS = 30_000;
const DISK_WARNING = 0.85;
const DISK_CRITICAL = 0.95;
/** Entries of all servers wait in one database: one alert for all. */
const LOG_LAG = 'health.log_lag';
const STATUS_WORTH = { ok: 1, degraded: 0.5, failed: 0 } as const;

/**
 * Everything behind `/ready`, engine and block store at work, how late the log is, the disk, and what the server depends on outside as
 * far as it is configured.
 */
@Injectable()
export class HealthAgent implements MonitoringAgent, OnModuleInit {
  readonly name = 'health';
  readonly about =
    'Database, block store, kernel, log, disk; Redis, EVM node and peer where they are configured';

  constructor(
    private readonly registry: AgentRegistry,
    private readonly health: HealthRegistry,
    private readonly dependencies: DependencyRegistry,
    private readonly examinations: ExaminationRegistry,
    private readonly vitals: MachineVitals,
    private readonly dataSource: DataSource,
    /** What leaves are dated by. */
    @Inject(DatabaseClock) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  async observe(): Promise<Observation> {
    const asked = [this.health, this.dependencies, this.examinations];
    const found = await Promise.all(asked.map((registry) => registry.check()));
    const probes: Readonly<Record<string, HealthReport>> = Object.assign(
      {},
      ...found.map((each) => each.probes),
    );
    const status = worstHealth(Object.values(probes).map((each) => each.status));
    const disk = await this.vitals.disk();
    const lag = probes.database?.status === 'ok' ? await this.logLag() : null;
    const reports = Object.entries(probes);
    const troubles = [...reports.flatMap(([name, report]) => troubleOf(name, report)), ...diskTrouble(disk)];
    if (lag !== null && lag.ms > LATE_MS)
      troubles.push({
        fingerprint: LOG_LAG,
        severity: 'critical',
        summary: `${lag.waiting} entries wait for their place in the log, the oldest for ${Math.round(lag.ms / 1000)} s`,
        evidence: { waiting: lag.waiting, oldest_ms: lag.ms },
        shared: true,
      });
    const score =
      reports.length === 0
        ? 1
        : reports.reduce((sum, [, report]) => sum + STATUS_WORTH[report.status], 0) / reports.length;
    const well = reports.filter(([, report]) => report.status === 'ok').length;
    const measures = {
      ...{ probes: reports.length, probes_ok: well, disk_free_bytes: disk.free, disk_share: disk.share },
      ...(lag === null ? {} : { log_waiting: lag.waiting, log_lag_ms: lag.ms }),
    };
    return observation({
      score,
      detail: `${status}: ${well} of ${reports.length} probes`,
      measures,
      troubles,
      ...(lag === null ? { unseen: [LOG_LAG] } : {}),
    });
  }

  /** Entries that have no leaf yet; each says in its leaf when it was made. */
  private async logLag(): Promise<{ waiting: number; ms: number }> {
    const [{ waiting, oldest }] = await this.dataSource.query<{ waiting: string; oldest: string | null }[]>(
      `SELECT count(*) AS waiting, min((leaf::json ->> 'time')::bigint) AS oldest
       FROM log_entries WHERE leaf_index IS NULL`,
    );
    const ms = oldest === null ? 0 : Math.max(0, this.clock.now() - Number(oldest));
    return { waiting: Number(waiting), ms };
  }
}

function troubleOf(
  name: string,
  { status, detail, facts = {} }: HealthReport,
): Observation['troubles'][number][] {
  if (status === 'ok') return [];
  const severity = status === 'failed' ? 'critical' : 'warning';
  const evidence = { probe: name, status, detail, facts: facts as Record<string, Json> };
  return [{ fingerprint: `health.${name}`, severity, summary: `${name} is ${status}: ${detail}`, evidence }];
}

function diskTrouble({ share, free, total }: DiskReading): Observation['troubles'][number][] {
  if (share < DISK_WARNING) return [];
  const severity = share < DISK_CRITICAL ? 'warning' : 'critical';
  const summary = `The disk of the data folder is ${Math.round(share * 100)} % full`;
  return [{ fingerprint: 'health.disk', severity, summary, evidence: { share, free, total } }];
}
