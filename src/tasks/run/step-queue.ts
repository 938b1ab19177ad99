import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import type { Runner, RunnerOptions } from 'graphile-worker';
import { Pool } from 'pg';
import type { EntityManager } from 'typeorm';
import { messageOf } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { DATABASE_CONNECTION, type DatabaseConnection } from '../../database/index.js';

/** A job: the step to be done. */
export interface StepJob {
  readonly task: string;
  readonly step: number;
}

/** Does a job. @param worker who does it, as the queue calls it */
export type StepWork = (job: StepJob, worker: string) => Promise<void>;

const IDENTIFIER = 'stemma_step';
/** How often jobs that become due are looked for, ms; new ones are told of at once. */
const POLL_MS = 2_500;
const RESTART_MS = 2_000;
/** Connections the queue needs besides one for each worker: to listen, and for its schema. */
const OWN_CONNECTIONS = 2;

/**
 * The durable queue of steps: graphile-worker in the same database. Its library and its schema are loaded when first
 * needed, so that they cost a starting server nothing.
 */
@Injectable()
export class StepQueue implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Tasks');
  private readonly stopping = new AbortController();
  private pool: Pool | null = null;
  private schema: Promise<void> | null = null;
  private runner: Runner | null = null;
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    @Inject(DATABASE_CONNECTION) private readonly connection: DatabaseConnection,
  ) {}

  /** Aborts when the server stops. */
  get stopSignal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Resolves when jobs can be added: the queue's own schema is there. */
  ready(): Promise<void> {
    this.schema ??= this.migrate().catch((thrown: unknown) => {
      this.schema = null;
      throw thrown;
    });
    return this.schema;
  }

  /** Adds a job in the caller's transaction; one per step, a later one replaces an earlier. */
  async add(manager: EntityManager, { task, step }: StepJob, delayMs = 0): Promise<void> {
    await manager.query(
      `SELECT 1 FROM graphile_worker.add_job($1, $2::json, NULL, now() + $3 * interval '1 millisecond', 25, $4)`,
      [IDENTIFIER, JSON.stringify({ task, step }), delayMs, `${task}/${step}`],
    );
  }

  /** Adds a job for a step that may have lost its own; one that waits keeps its time. */
  async restore(manager: EntityManager, { task, step }: StepJob): Promise<void> {
    await manager.query(
      `SELECT 1 FROM graphile_worker.add_job($1, $2::json, NULL, now(), 25, $3, job_key_mode => 'preserve_run_at')`,
      [IDENTIFIER, JSON.stringify({ task, step }), `${task}/${step}`],
    );
  }

  /** Takes the locks of workers that are gone, so that their jobs can be done. */
  async unlock(manager: EntityManager, workers: readonly string[]): Promise<void> {
    if (workers.length > 0)
      await manager.query('SELECT graphile_worker.force_unlock_workers($1::text[])', [workers]);
  }

  /** Begins to work; a queue that loses its database begins anew until the server stops. */
  start(work: StepWork): void {
    this.loop = this.run(work);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.runner?.stop('the server stops').catch(() => undefined);
    await this.loop;
    await this.pool?.end();
  }

  private async run(work: StepWork): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.ready();
        const { run } = await import('graphile-worker');
        if (this.stopping.signal.aborted) return;
        this.runner = await run({
          ...(await this.options()),
          concurrency: this.config.taskWorkers,
          noHandleSignals: true,
          pollInterval: POLL_MS,
          taskList: {
            [IDENTIFIER]: async (payload: unknown, { job }) => work(payload as StepJob, job.locked_by ?? ''),
          },
        });
        // A server that was told to stop meanwhile did not find it.
        if (this.stopping.signal.aborted) await this.runner.stop('the server stops');
        await this.runner.promise;
      } catch (thrown) {
        if (!this.stopping.signal.aborted) this.logger.warn(`the queue begins anew: ${messageOf(thrown)}`);
      }
      await delay(RESTART_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private async migrate(): Promise<void> {
    const { runMigrations } = await import('graphile-worker');
    await runMigrations(await this.options());
  }

  private async options(): Promise<RunnerOptions> {
    const { Logger: QueueLogger } = await import('graphile-worker');
    this.pool ??= this.openPool();
    return {
      pgPool: this.pool,
      logger: new QueueLogger(() => (level, message) => {
        if (level === 'error' || level === 'warning') this.logger.debug(`queue: ${message}`);
      }),
    };
  }

  private openPool(): Pool {
    const pool = new Pool({
      connectionString: this.connection.url,
      application_name: 'stemma-tasks',
      max: this.config.taskWorkers + OWN_CONNECTIONS,
      connectionTimeoutMillis: 3_000,
      statement_timeout: this.config.databaseTimeoutMs,
    });
    const lost = (thrown: Error) => this.logger.debug(`the queue lost a connection: ${thrown.message}`);
    pool.on('error', lost);
    pool.on('connect', (client) => client.on('error', lost));
    return pool;
  }
}
