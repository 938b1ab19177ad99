import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, err, messageOf, ok, systemCodeOf, type Result } from '../../common/index.js';
import { storageError, type AppConfig } from '../../config/index.js';
import type { DatabaseConnection } from '../connection.js';
import { locateBinaries } from './binaries.js';
import { EMBEDDED_USER, ensureCluster } from './cluster.js';
import { placeCluster, socketFolder } from './placement.js';
import { killPostmaster } from './hung-postmaster.js';
import { clearPostmaster, runningPostmaster } from './postmaster-file.js';
import { Postmaster, type PostmasterOptions } from './postmaster.js';
import { databaseReady, ensureDatabase } from './readiness.js';
import { postgresUser } from './system-user.js';

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 20_000;
const FIRST_RESTART_DELAY_MS = 200;
const LONGEST_RESTART_DELAY_MS = 10_000;
const KEPT_LINES = 20;

/** What the embedded PostgreSQL tells its owner. */
export interface EmbeddedPostgresEvents {
  /** PostgreSQL ended by itself and is being started again. */
  onRestart?: (detail: string) => void;
  /** A line PostgreSQL printed. */
  onLine?: (line: string) => void;
}

/** A PostgreSQL of our own, started, watched and restarted by this process. Needs the lock on the data folder. */
export class EmbeddedPostgres implements DatabaseConnection {
  readonly kind = 'embedded';
  private postmaster: Postmaster | null = null;
  private stopping = false;
  private condition = 'starting';
  private readonly lines: string[] = [];
  private readonly stopSignal = new AbortController();

  private constructor(
    readonly url: string,
    private readonly options: Omit<PostmasterOptions, 'onLine'>,
    private readonly events: EmbeddedPostgresEvents,
  ) {}

  /**
   * Makes the cluster on first start and runs PostgreSQL on it. Refusals: POSTGRES_*, STORAGE_*.
   * @param settings PostgreSQL settings over ours, for tests
   */
  static async start(
    config: AppConfig,
    events: EmbeddedPostgresEvents = {},
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Result<EmbeddedPostgres>> {
    try {
      const user = postgresUser();
      if (!user.ok) return user;
      const binaries = await locateBinaries(user.value, config.postgresDir);
      if (!binaries.ok) return binaries;
      const placement = await placeCluster(config.dataDir, config.postgresDir, user.value);
      if (!placement.ok) return placement;
      const cluster = await ensureCluster(placement.value.home, binaries.value, user.value);
      if (!cluster.ok) return cluster;
      const socket = await socketFolder(placement.value, user.value);
      if (!socket.ok) return socket;
      const embedded = new EmbeddedPostgres(
        `postgresql://${EMBEDDED_USER}@localhost/${EMBEDDED_USER}?host=${encodeURIComponent(socket.value)}`,
        {
          postgres: binaries.value.postgres,
          cluster: cluster.value,
          socketFolder: socket.value,
          user: user.value,
          settings,
        },
        events,
      );
      const started = await embedded.run();
      if (!started.ok) return started;
      await ensureDatabase(embedded.url, EMBEDDED_USER);
      return ok(embedded);
    } catch (thrown) {
      if (systemCodeOf(thrown) !== undefined) return err(storageError(config.dataDir, thrown));
      throw thrown;
    }
  }

  state(): string {
    return this.condition;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.condition = 'stopping';
    this.stopSignal.abort();
    this.postmaster?.stop();
    await Promise.race([this.postmaster?.exited, delay(STOP_DEADLINE_MS, undefined, { ref: false })]);
    await clearPostmaster(this.options.cluster, STOP_DEADLINE_MS);
    this.condition = 'stopped';
  }

  endHung(): number {
    const pid = this.stopping ? null : runningPostmaster(this.options.cluster);
    return pid === null ? 0 : killPostmaster(pid);
  }

  /** Lets this process end without stopping PostgreSQL first; it stops by itself then. */
  unref(): void {
    this.postmaster?.unref();
  }

  /** Runs PostgreSQL until it answers, then watches over it. */
  private async run(): Promise<Result<void>> {
    const end = performance.now() + START_DEADLINE_MS;
    const cleared = await clearPostmaster(this.options.cluster, START_DEADLINE_MS);
    if (!cleared.ok) return cleared;
    while (!this.stopping) {
      const postmaster = Postmaster.start({ ...this.options, onLine: (line) => this.heard(line) });
      this.postmaster = postmaster;
      if (await databaseReady(this.url, end, () => postmaster.ended)) {
        this.condition = 'running';
        void postmaster.exited.then((code) => this.ended(code));
        return ok();
      }
      if (!postmaster.ended || performance.now() > end || !this.worthAnotherTry()) break;
      await delay(FIRST_RESTART_DELAY_MS);
    }
    this.postmaster?.stop();
    if (this.lines.some((line) => line.includes('No space left on device')))
      return err(new CodedError('STORAGE_FULL', 'the disk of the embedded PostgreSQL is full'));
    const said = this.lines.slice(-3).join(' ');
    return err(new CodedError('POSTGRES_START_FAILED', `the embedded PostgreSQL did not start: ${said}`));
  }

  /** After a `kill -9` of PostgreSQL alone, its children need a moment to notice; nothing else is cured by waiting. */
  private worthAnotherTry(): boolean {
    return this.lines.some((line) =>
      /shared memory block|lock file .* already exists|is already in use/.test(line),
    );
  }

  private ended(code: number): void {
    if (this.stopping) return;
    this.condition = `restarting after exit code ${code}`;
    this.events.onRestart?.(`PostgreSQL ended with code ${code}: ${this.lines.slice(-2).join(' ')}`);
    void this.restart();
  }

  private async restart(): Promise<void> {
    for (
      let wait = FIRST_RESTART_DELAY_MS;
      !this.stopping;
      wait = Math.min(wait * 2, LONGEST_RESTART_DELAY_MS)
    ) {
      await delay(wait, undefined, { signal: this.stopSignal.signal }).catch(() => undefined);
      const outcome = await this.run().catch((thrown: unknown) => err(new Error(messageOf(thrown))));
      if (outcome.ok) return;
      this.condition = `restart failed: ${outcome.error.message}`;
      this.events.onRestart?.(this.condition);
    }
  }

  private heard(line: string): void {
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
    this.events.onLine?.(line);
  }
}
