import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ExaminationRegistry } from '../common/observation/examination-registry.js';
import { HealthRegistry, type HealthReport } from '../common/observation/health-registry.js';
import { QueueRegistry } from '../common/observation/queue-registry.js';

const NAME = 'workers';
/** A queue that has no workers for less than this begins, or begins anew, ms. */
const PATIENCE_MS = 15_000;
/** A job that is due may wait so long though nobody does any of its kind, ms; workers look for jobs every ten seconds. */
const MOST_DUE_MS = 60_000;
/** Jobs of a kind that are due while nobody does one of that kind: with all workers at work, waiting is no trouble. */
const FORGOTTEN = `SELECT t.identifier, count(*) AS jobs, max(extract(epoch FROM now() - j.run_at)) * 1000 AS waited
  FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id
  WHERE t.identifier = ANY ($1) AND j.is_available AND j.run_at < now() - $2::float8 * interval '1 millisecond'
    AND NOT EXISTS (
      SELECT 1 FROM graphile_worker._private_jobs other WHERE other.task_id = j.task_id AND other.locked_at IS NOT NULL)
  GROUP BY t.identifier ORDER BY waited DESC`;

/**
 * Whether the workers of the durable queues work: behind `/ready`, whether there are any, and in the rounds of the health agent, whether
 * jobs that are due are taken up.
 */
@Injectable()
export class QueueExamination implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly queues: QueueRegistry,
    private readonly health: HealthRegistry,
    private readonly examinations: ExaminationRegistry,
  ) {}

  onModuleInit(): void {
    this.health.register({ name: NAME, check: () => Promise.resolve(this.look()) });
    this.examinations.register({ name: NAME, check: () => this.examine() });
  }

  /** `degraded`: the server answers, but what is to be done later is not. */
  private look(): HealthReport {
    const worst = this.queues.worst();
    if (worst === null || worst.brokenMs < PATIENCE_MS)
      return { status: 'ok', detail: 'there are workers for every queue' };
    const { identifier, brokenMs, why } = worst;
    const detail = `nobody has taken jobs of ${identifier} for ${Math.round(brokenMs / 1000)} s: ${why}`;
    return { status: 'degraded', detail, facts: { identifier, broken_ms: Math.round(brokenMs) } };
  }

  private async examine(): Promise<HealthReport> {
    const report = this.look();
    const atWork = this.queues.all.filter((queue) => queue.isAtWork());
    if (report.status !== 'ok' || atWork.length === 0) return report;
    const [worst] = await this.dataSource.query<{ identifier: string; jobs: string; waited: string }[]>(
      FORGOTTEN,
      [atWork.map(({ identifier }) => identifier), MOST_DUE_MS],
    );
    if (worst === undefined) return { status: 'ok', detail: 'jobs that are due are done' };
    const { identifier, jobs, waited } = worst;
    const detail = `${jobs} jobs of ${identifier} are due and nobody does any, the oldest for ${Math.round(Number(waited) / 1000)} s`;
    return { status: 'failed', detail, facts: { identifier, jobs: Number(jobs), waited_ms: Number(waited) } };
  }
}
