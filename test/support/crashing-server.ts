import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../src/common/installation.js';
import { answerOnce, PATIENCE_MS, replaceFile } from './patience.js';
import { startServer, type ServerOptions, type TestServer } from './server.js';
import { temporaryFolder } from './temporary-folder.js';
import { call, type TaskDocument } from './tasks.js';

/** What a server dies at: an event it tells of within itself. */
export interface Crash {
  readonly event: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

const ENDS = ['completed', 'failed', 'rejected', 'cancelled'];

/** The boundary of a step. */
export const atBoundary = (boundary: string, step = 0): Crash => ({
  event: 'task.boundary',
  facts: { boundary, step },
});

/** A real server that is killed at given moments and started again on what it left. */
export class CrashingServer {
  private readonly file = join(temporaryFolder('crash'), 'at.json');

  private constructor(
    private readonly env: Readonly<Record<string, string>>,
    private current: TestServer | null,
  ) {}

  /** Starts one. @param env its settings */
  static async start(env: Readonly<Record<string, string>>): Promise<CrashingServer> {
    const made = new CrashingServer(env, null);
    made.current = await made.begin({});
    return made;
  }

  /** The server that runs now. */
  get server(): TestServer {
    if (this.current === null) throw new Error('no server runs');
    return this.current;
  }

  /** Ends it. */
  async stop(): Promise<void> {
    await this.current?.stop();
  }

  /**
   * Asks for a task on a server that is killed at each of the given moments, one after the other, and started again after each. Every
   * approval it asks for is given. @returns the task at its end
   */
  async survive(crashes: readonly Crash[], body: object): Promise<TaskDocument> {
    let asked: Promise<unknown> | null = null;
    for (const crash of crashes) {
      replaceFile(this.file, JSON.stringify(crash));
      const { process } = this.server;
      const exited = once(process, 'exit', { signal: AbortSignal.timeout(PATIENCE_MS) }) as Promise<
        [number | null, string | null]
      >;
      // Its end may come before its answer: the step can be reached as soon as the task is recorded.
      asked ??= call(this.server.url, 'POST', '/task/start', body).catch(() => null);
      const over = new AbortController();
      const approving = this.approve(over.signal);
      const [, signal] = await exited;
      over.abort();
      await approving;
      if (signal !== 'SIGKILL') throw new Error(`the server ended by ${String(signal)}`);
      this.current = await this.begin(this.server);
    }
    await asked;
    const over = new AbortController();
    const approving = this.approve(over.signal);
    try {
      return await answerOnce(
        () => this.newest(),
        ({ state }) => ENDS.includes(state),
      );
    } finally {
      over.abort();
      await approving;
    }
  }

  /** The newest task. */
  async newest(): Promise<TaskDocument> {
    const list = () => call<{ items: TaskDocument[] }>(this.server.url, 'GET', '/tasks?limit=1');
    const { items } = (await answerOnce(list, ({ status }) => status === 200)).body;
    return (await call<TaskDocument>(this.server.url, 'GET', `/task/${items[0].task_id}`)).body;
  }

  /** How often each event of a task is on record. */
  async events({ task_id: id }: TaskDocument): Promise<Record<string, number>> {
    const { body } = await call<{ items: { event: string }[] }>(this.server.url, 'GET', `/audit/${id}`);
    const counts: Record<string, number> = {};
    for (const { event } of body.items) counts[event] = (counts[event] ?? 0) + 1;
    return counts;
  }

  private begin(options: Pick<ServerOptions, 'dataDir'> & { databaseUrl?: string | null }) {
    const preload = join(packageRoot(), 'test', 'support', 'crash-at-event.mjs');
    return startServer({
      ...(options.dataDir !== undefined && {
        dataDir: options.dataDir,
        database: String(options.databaseUrl),
      }),
      until: 'listening',
      env: {
        ...this.env,
        ...{ NODE_OPTIONS: `--import=${pathToFileURL(preload).href}`, CRASH_FILE: this.file },
      },
    });
  }

  /** Approves whatever the newest task asks for, until told to end. */
  private async approve(over: AbortSignal): Promise<void> {
    const { url } = this.server;
    while (!over.aborted) {
      const list = await call<{ items: TaskDocument[] }>(url, 'GET', '/tasks?limit=1').catch(() => null);
      const newest = list?.body.items?.[0];
      if (newest?.state === 'waiting_approval') {
        const approval = { approved: true, reason: 'go' };
        await call(url, 'POST', `/task/${newest.task_id}/approve`, approval).catch(() => null);
      }
      await delay(30, undefined, { signal: over }).catch(() => undefined);
    }
  }
}
