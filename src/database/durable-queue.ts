import { setTimeout as delay } from 'node:timers/promises';
import { Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Runner, RunnerOptions } from 'graphile-worker';
import type { Pool } from 'pg';
import type { EntityManager } from 'typeorm';
import { messageOf } from '../common/index.js';
import type { QueueRegistry, QueueState, WatchedQueue } from '../common/observation/queue-registry.js';
import type { AppConfig } from '../config/index.js';
import type { DatabaseConnection } from './connection.js';
import { DatabasePool } from './driver.js';
import { survivingLostConnections } from './lost-connections.js';

/** What tells one queue from another. */
export interface DurableQueueOptions {
  /** Name of its jobs in the database. */
  readonly identifier: string;
  /** Name of its connections in PostgreSQL, and of its lines in the log. */
  readonly application: string;
  readonly logger: string;
  /** Jobs that are done at once by one process. */
  readonly atOnce: number;
}

/** Does a job. @param worker who does it, as the queue calls it */
export type QueueWork<Job> = (job: Job, worker: string) => Promise<void>;

/** When a job is to be done, and what becomes of one of the same key that waits. */
export interface JobTime {
  /** From now, ms. */
  readonly delayMs?: number;
  /** A job that waits keeps its time instead of getting this one. */
  readonly keep?: boolean;
}

/**
 * How often each worker looks for jobs that have become due, ms, for those of a process that has died since: of its own jobs a process
 * tells when they are new and when they become due. An idle server pays for every look.
 */
const POLL_MS = 10_000;
/** How much later than its time a job is told of, so that the database's clock has reached it, ms. */
const DUE_GRACE_MS = 25;
const LONGEST_TIMER_MS = 24 * 3_600_000;
/** Timers for jobs that become due at most; more of them are found by looking. */
const MOST_TIMERS = 1_000;
/** A new connection may take so long: the library gives up for good where a process that was busy did not see it come. */
const CONNECT_MS = 10_000;
/** Longer than the time between two looks, so that connections are not made anew for each, ms. */
const IDLE_CONNECTION_MS = 30_000;
const RESTART_MS = 2_000;
/** Workers that have run for so long are there for good, ms; those that ended sooner so often in a row are not believed in. */
const STEADY_MS = 10_000;
const MOST_SHORT_LIVES = 3;
/** How long a queue that stops waits for what its library still notes of jobs that have ended, and how often it looks, ms. */
const [NOTED_MS, NOTED_LOOK_MS] = [5_000, 5];
/** Connections a queue needs besides one for each worker: to listen, and for its schema. */
const OWN_CONNECTIONS = 2;
const MOST_ATTEMPTS = 25;

/**
 * A durable queue: graphile-worker in the same database. Its library and its schema are loaded when first needed, so that they cost
 * a starting server nothing. A module makes one of its own by extending this one with what its jobs are.
 */
export class DurableQueue<Job extends object> implements BeforeApplicationShutdown, WatchedQueue {
  private readonly logger: Logger;
  private readonly stopping = new AbortController();
  private readonly timers = new Set<NodeJS.Timeout>();
  private pool: Pool | null = null;
  private schema: Promise<void> | null = null;
  private runner: Runner | null = null;
  private loop: Promise<void> | null = null;
  /** Since when there have been no steady workers, and since when those run that there are. */
  private brokenAt: number | null = null;
  private runningSince: number | null = null;
  private why = 'they begin';
  private shortLives = 0;

  constructor(
    private readonly config: AppConfig,
    private readonly connection: DatabaseConnection,
    private readonly options: DurableQueueOptions,
    registry?: QueueRegistry,
  ) {
    this.logger = new Logger(options.logger);
    registry?.register(this);
  }

  get identifier(): string {
    return this.options.identifier;
  }

  /** Aborts when the server stops. */
  get stopSignal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Resolves when jobs can be added: the queue's own schema is there. */
  ready(): Promise<void> {
    this.schema ??= this.surviving(() => this.migrate()).catch((thrown: unknown) => {
      this.schema = null;
      throw thrown;
    });
    return this.schema;
  }

  /** Adds a job in the caller's transaction; there is one of a key, and a later one replaces an earlier. */
  async put(
    manager: Pick<EntityManager, 'query'>,
    key: string,
    job: Job,
    { delayMs = 0, keep = false }: JobTime = {},
  ): Promise<void> {
    await manager.query(
      `SELECT 1 FROM graphile_worker.add_job($1, $2::json, NULL, now() + $3 * interval '1 millisecond', $4, $5, job_key_mode => $6)`,
      [
        ...[this.options.identifier, JSON.stringify(job), delayMs, MOST_ATTEMPTS, key],
        keep ? 'preserve_run_at' : 'replace',
      ],
    );
    if (delayMs > 0) this.tellWhenDue(delayMs);
  }

  /** Takes the locks of workers that are gone, so that their jobs can be done. */
  async unlock(manager: Pick<EntityManager, 'query'>, workers: readonly string[]): Promise<void> {
    if (workers.length > 0)
      await manager.query('SELECT graphile_worker.force_unlock_workers($1::text[])', [workers]);
  }

  /** Begins to work, once; a queue that loses its database begins anew until the server stops. */
  start(work: QueueWork<Job>): void {
    if (this.stopping.signal.aborted || this.loop !== null) return;
    this.brokenAt = performance.now();
    this.loop = this.surviving(() => this.run(work));
  }

  state(): QueueState {
    const { brokenAt, why } = this;
    if (this.stopping.signal.aborted || brokenAt === null) return { brokenMs: 0, why: '' };
    if (this.isAtWork()) [this.brokenAt, this.shortLives] = [null, 0];
    else if (this.runningSince === null || this.shortLives >= MOST_SHORT_LIVES)
      return { brokenMs: performance.now() - brokenAt, why };
    return { brokenMs: 0, why: '' };
  }

  isAtWork(): boolean {
    return this.runningSince !== null && performance.now() - this.runningSince >= STEADY_MS;
  }

  async restart(): Promise<void> {
    const { pool, runner } = this;
    this.pool = null;
    this.schema = null;
    await Promise.race([
      runner?.stop('its workers begin anew').catch(() => undefined),
      delay(NOTED_MS, undefined, { ref: false }),
    ]);
    // Nobody waits for connections that hang.
    void retire(pool).catch((thrown: unknown) => this.logger.debug(`old connections: ${messageOf(thrown)}`));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    for (const timer of this.timers) clearTimeout(timer);
    await this.runner?.stop('the server stops').catch(() => undefined);
    await this.loop;
    await retire(this.pool);
  }

  /** Does what may make a connection: what the library does in its name must not end the process when PostgreSQL goes away. */
  private surviving<T>(work: () => T): T {
    const told = (thrown: Error) =>
      this.logger.warn(`the end of a job could not be noted: ${thrown.message}`);
    return survivingLostConnections(told, work);
  }

  private async run(work: QueueWork<Job>): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.ready();
        const { run } = await import('graphile-worker');
        if (this.stopping.signal.aborted) return;
        this.runner = await run({
          ...(await this.runnerOptions()),
          concurrency: this.options.atOnce,
          noHandleSignals: true,
          pollInterval: POLL_MS,
          taskList: {
            [this.options.identifier]: async (payload: unknown, { job }) =>
              work(payload as Job, job.locked_by ?? ''),
          },
        });
        // A server that was told to stop meanwhile did not find it.
        if (this.stopping.signal.aborted) await this.runner.stop('the server stops');
        this.runningSince = performance.now();
        await this.runner.promise;
        this.broke('they ended');
      } catch (thrown) {
        if (!this.stopping.signal.aborted) this.logger.warn(`the queue begins anew: ${messageOf(thrown)}`);
        this.broke(messageOf(thrown));
      }
      await delay(RESTART_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private broke(why: string): void {
    // What was steady until now is broken from now on.
    this.state();
    this.brokenAt ??= performance.now();
    if (this.runningSince !== null && !this.isAtWork()) this.shortLives += 1;
    this.runningSince = null;
    this.why = why;
  }

  /** Wakes a worker when a job becomes due, here or in another process; where that fails it is found by looking. */
  private tellWhenDue(delayMs: number): void {
    if (delayMs > LONGEST_TIMER_MS || this.timers.size >= MOST_TIMERS || this.stopping.signal.aborted) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.surviving(() => this.pool?.query(`SELECT pg_notify('jobs:insert', '{"count":1}')`))?.catch(
        (thrown: unknown) => this.logger.debug(`a job that is due waits: ${messageOf(thrown)}`),
      );
    }, delayMs + DUE_GRACE_MS);
    timer.unref();
    this.timers.add(timer);
  }

  private async migrate(): Promise<void> {
    const { runMigrations } = await import('graphile-worker');
    await runMigrations(await this.runnerOptions());
  }

  private async runnerOptions(): Promise<RunnerOptions> {
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
    const pool = new DatabasePool({
      connectionString: this.connection.url,
      application_name: this.options.application,
      max: this.options.atOnce + OWN_CONNECTIONS,
      connectionTimeoutMillis: CONNECT_MS,
      idleTimeoutMillis: IDLE_CONNECTION_MS,
      statement_timeout: this.config.databaseTimeoutMs,
    });
    const lost = (thrown: Error) => this.logger.debug(`the queue lost a connection: ${thrown.message}`);
    pool.on('error', lost);
    pool.on('connect', (client) => client.on('error', lost));
    return pool;
  }
}

/**
 * Ends a pool once nobody has or wants a connection of it, or has for long. graphile-worker notes the end of a job in a promise that nothing
 * waits for, and node-postgres forgets who waits for a connection of a pool that ends: without this the job is done once more.
 */
async function retire(pool: Pool | null): Promise<void> {
  if (pool === null) return;
  const latest = performance.now() + NOTED_MS;
  while ((pool.waitingCount > 0 || pool.idleCount < pool.totalCount) && performance.now() < latest)
    await delay(NOTED_LOOK_MS);
  await pool.end();
}
