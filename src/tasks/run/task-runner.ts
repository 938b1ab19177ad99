import { setTimeout as delay } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { EventBus, messageOf } from '../../common/index.js';
import type { QuerySource } from '../../common/query-source.js';
import { SafetyChecks } from '../../guardian/index.js';
import { AppConfig } from '../../config/index.js';
import { DataSource } from 'typeorm';
import { ApprovalService } from '../approval/approval-service.js';
import { Transactions } from '../../database/index.js';
import { StepClaims } from './step-claims.js';
import { StepExecutor } from './step-executor.js';
import { StepQueue } from './step-queue.js';

/** The queue's library takes a tenth of a second to load: the server is to answer first. */
const START_AFTER_MS = 1_000;
/** How often steps without a worker and approvals past their time are looked for, ms. */
const SWEEP_MS = 15_000;

interface LeftStep {
  readonly task_id: string;
  readonly step_index: number;
  readonly state: string;
  readonly worker: string | null;
}

/** Steps to be taken up: $1 whether the server is starting, $2 the name of its data folder. */
const LEFT_STEPS = `
  SELECT s.task_id, s.step_index, s.state, s.worker FROM task_steps s
  LEFT JOIN graphile_worker.jobs j ON j.key = s.task_id || '/' || s.step_index
  WHERE (s.state = 'executing' AND (s.lease_until IS NULL OR s.lease_until <= now() OR ($1 AND s.instance = $2)))
     OR (s.state = 'ready' AND ($1 OR j.id IS NULL OR j.locked_at < now() - interval '1 minute'))
  LIMIT 1000`;

/** Starts the work on tasks with the server, and takes up what a crash cut off. */
@Injectable()
export class TaskRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Tasks');
  private timer: NodeJS.Timeout | undefined;
  private unwatch = (): unknown => undefined;
  private sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly claims: StepClaims,
    private readonly executor: StepExecutor,
    private readonly queue: StepQueue,
    private readonly approvals: ApprovalService,
    private readonly events: EventBus,
    safety: SafetyChecks,
  ) {
    safety.provideSpent((source) => this.spent(source));
  }

  onApplicationBootstrap(): void {
    if (this.config.taskWorkers === 0) return;
    const { stopSignal } = this.queue;
    this.sweeping = delay(START_AFTER_MS, undefined, { signal: stopSignal }).then(
      async () => {
        await this.sweep(true);
        if (!stopSignal.aborted) this.queue.start((job, worker) => this.executor.work(job, worker));
      },
      () => undefined,
    );
    const again = () => {
      this.sweeping = this.sweeping.then(() => this.sweep(false));
    };
    this.timer = setInterval(again, SWEEP_MS);
    // Steps that waited while everything was stopped begin at once.
    this.unwatch = this.events.on('autonomy.changed', ({ stopped }) => {
      if (!stopped) again();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.unwatch();
    await this.sweeping;
  }

  private async sweep(atStart: boolean): Promise<void> {
    try {
      await this.takeUp(atStart);
      await this.approvals.expire();
    } catch (thrown) {
      if (!this.queue.stopSignal.aborted)
        this.logger.warn(`could not look after tasks: ${messageOf(thrown)}`);
    }
  }

  /** Smallest units that tasks moved in the last 24 hours. */
  private async spent(source: QuerySource = this.dataSource): Promise<string> {
    const [{ total }] = await source.query<{ total: string }[]>(
      `SELECT coalesce(sum(amount), 0)::text AS total FROM task_steps WHERE spent_at > now() - interval '24 hours'`,
    );
    return total;
  }

  /**
   * Gives steps to the queue again whose worker is gone: by its lease, or at a start by being this data folder's own, which
   * only one process at a time can have. A step that waits in the queue is looked after too: its job may have been picked
   * by a worker that died before it could claim.
   */
  private async takeUp(atStart: boolean): Promise<void> {
    await this.queue.ready();
    const left = await this.dataSource.query<LeftStep[]>(LEFT_STEPS, [atStart, this.claims.instance]);
    if (left.length === 0) return;
    await this.transactions.run(async (manager) => {
      // The earlier process of this folder is gone: its lease need not run out. Any other's is left as it is.
      if (atStart)
        await manager.query(
          `UPDATE task_steps SET lease_until = now() WHERE state = 'executing' AND instance = $1`,
          [this.claims.instance],
        );
      const workers = left.filter(({ state }) => state === 'executing').map(({ worker }) => worker);
      await this.queue.unlock(manager, [...new Set(workers.filter((worker) => worker !== null))]);
      for (const { task_id: task, step_index: step } of left)
        await this.queue.restore(manager, { task, step });
    });
    this.logger.log(`took up ${left.length} steps of tasks`);
  }
}
