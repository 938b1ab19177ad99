import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startServer, type TestServer } from '../support/index.js';
import { call } from '../support/tasks.js';

const CLIENTS = 6;
const KILLS = 2;
/** What is acknowledged before the first kill, and after each one. */
const BETWEEN = 12;
const PAUSE_MS = 20;

interface Leaf {
  readonly kind: string;
  readonly subject: string;
  readonly data: { readonly event?: string; readonly task?: string };
}

/** Clients that anchor hashes and ask for steps of tasks, and repeat what was not acknowledged, until they are told to stop. */
class Load {
  readonly hashes = new Set<string>();
  readonly tasks = new Set<string>();
  /** What they were told instead of an acknowledgement. */
  readonly refusals = new Set<string>();
  private stopped = false;
  private readonly clients: readonly Promise<void>[];

  constructor(private readonly server: TestServer) {
    this.clients = Array.from({ length: CLIENTS }, () => this.work());
  }

  /** Waits until so many more pieces of work have been acknowledged. */
  async further(count: number): Promise<void> {
    const wanted = this.hashes.size + this.tasks.size + count;
    while (this.hashes.size + this.tasks.size < wanted) {
      if (this.server.process.exitCode !== null) throw new Error(`the server ended: ${this.server.output()}`);
      await delay(PAUSE_MS);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.clients);
  }

  private async work(): Promise<void> {
    while (!this.stopped && this.server.process.exitCode === null) {
      const hash = randomBytes(32).toString('hex');
      await this.until('/write', { hash }, () => true);
      this.hashes.add(hash);
      const step = { step_type: 'policy_check', parameters: { action_type: 'http_probe' }, key: hash };
      const done = await this.until('/execute', step, ({ state }) => state === 'completed');
      this.tasks.add(String(done.task_id));
    }
  }

  private async until(path: string, body: object, isDone: (answer: Record<string, unknown>) => boolean) {
    for (;;) {
      if (this.server.process.exitCode !== null) return {};
      const answer = await call(this.server.url, 'POST', path, body).catch(() => null);
      if (answer?.status === 200 && isDone(answer.body)) return answer.body;
      if (answer !== null && answer.status !== 200)
        this.refusals.add(`${answer.status} ${String(answer.body.code)}`);
      await delay(PAUSE_MS);
    }
  }
}

/** Every leaf of the log. */
async function leavesOf({ url }: TestServer): Promise<readonly Leaf[]> {
  const leaves: Leaf[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const path: string = `/log/entries?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const { body } = await call<{ items: Leaf[]; next_cursor: string | null }>(url, 'GET', path);
    leaves.push(...body.items);
    cursor = body.next_cursor;
  }
  return leaves;
}

describe('PostgreSQL killed under load', () => {
  it('loses nothing that was acknowledged, does nothing twice, and ends nobody else', async () => {
    const server = await startServer({ database: 'embedded', env: { IMPORT_GENESIS: 'false' } });
    const pidFile = join(server.dataDir, 'postgres', 'cluster', 'postmaster.pid');
    const load = new Load(server);
    await load.further(BETWEEN);
    for (let kill = 0; kill < KILLS; kill++) {
      process.kill(Number(readFileSync(pidFile, 'utf8').split('\n')[0]), 'SIGKILL');
      await load.further(BETWEEN);
    }
    await load.stop();
    const leaves = await leavesOf(server);
    const subjects = leaves.filter(({ kind }) => kind === 'anchor').map(({ subject }) => subject);
    expect(subjects.sort()).toEqual([...load.hashes].sort());
    for (const event of ['task.created', 'step.completed', 'task.completed']) {
      const tasks = leaves.filter(({ data }) => data.event === event).map(({ data }) => data.task);
      expect([event, tasks.sort()]).toEqual([event, [...load.tasks].sort()]);
    }
    expect([...load.refusals].filter((refusal) => refusal !== '503 DATABASE_UNAVAILABLE')).toEqual([]);
    expect(await server.stop()).toBe(0);
  });
});
