import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SUPERVISOR_VARIABLE } from '../../common/autonomy/server-restart.js';
import { packageRoot } from '../../common/installation.js';

/** How a server ended. */
export interface ServerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server in a process of its own, with its output as it comes. */
export class ServerProcess {
  readonly ended: Promise<ServerEnd>;
  private readonly child: ChildProcess;
  private over = false;

  /** @param options what `stemma serve` is started with */
  constructor(options: readonly string[]) {
    this.child = spawn(process.execPath, [join(packageRoot(), 'bin', 'stemma.mjs'), 'serve', ...options], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        [SUPERVISOR_VARIABLE]: String(process.pid),
        // The server is not the service systemd knows: it must not speak for it.
        ...{ NOTIFY_SOCKET: undefined, WATCHDOG_USEC: undefined, WATCHDOG_PID: undefined },
      },
    });
    this.ended = new Promise((resolve) => {
      this.child.on('error', () => resolve({ code: 127, signal: null }));
      this.child.on('exit', (code, signal) => resolve({ code, signal }));
    });
    void this.ended.then(() => (this.over = true));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isOver(): boolean {
    return this.over;
  }

  /** Passes a signal on. */
  signal(name: NodeJS.Signals): void {
    if (!this.over) this.child.kill(name);
  }

  /** Ends a server that hangs: asked first, then without asking, because it may not be able to answer. */
  async end(graceMs: number): Promise<ServerEnd> {
    this.signal('SIGTERM');
    await Promise.race([this.ended, delay(graceMs, undefined, { ref: false })]);
    this.signal('SIGKILL');
    return this.ended;
  }
}
