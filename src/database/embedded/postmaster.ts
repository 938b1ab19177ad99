import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import { cleanEnvironment } from './cluster.js';
import { runAs, type SystemUser } from './system-user.js';

/**
 * Runs PostgreSQL as a child of a shell that waits for its standard input to end. The other end of that pipe is held by
 * this process alone: when it closes it, or dies of whatever, PostgreSQL gets the signal for a fast shutdown. So a stop and
 * a `kill -9` end the same way, and no PostgreSQL outlives its server. SIGINT and SIGTERM meant for the server's process
 * group are ignored by the shell; PostgreSQL is in a session of its own.
 */
const SUPERVISOR = `
exec 3<&0
"$@" 3<&- </dev/null &
postgres=$!
( cat <&3 >/dev/null; kill -INT "$postgres" 2>/dev/null ) >/dev/null 2>&1 &
reader=$!
exec 3<&-
wait "$postgres"
code=$?
kill "$reader" 2>/dev/null
exit "$code"
`;

/** Tuned for one small server that shares its machine with the model: little memory, few processes, full durability. */
const SETTINGS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  shared_buffers: '64MB',
  max_connections: '60',
  max_wal_size: '256MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  io_method: 'sync',
  jit: 'off',
  huge_pages: 'off',
  logging_collector: 'off',
  log_checkpoints: 'off',
  fsync: 'on',
  synchronous_commit: 'on',
};

/** Options of one run of PostgreSQL. */
export interface PostmasterOptions {
  readonly postgres: string;
  readonly cluster: string;
  readonly socketFolder: string;
  readonly user: SystemUser | null;
  readonly settings?: Readonly<Record<string, string>>;
  /** Told every line PostgreSQL prints. */
  readonly onLine: (line: string) => void;
}

/** One run of PostgreSQL on a cluster. */
export class Postmaster {
  /** Settles with the exit code when PostgreSQL has ended. */
  readonly exited: Promise<number>;
  private hasExited = false;

  private constructor(private readonly child: ChildProcessByStdio<Writable, null, Readable>) {
    this.exited = new Promise((resolve) => {
      child.on('error', () => resolve(127));
      child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
    });
    void this.exited.then(() => (this.hasExited = true));
  }

  /** Starts PostgreSQL; it is not ready yet. */
  static start({ postgres, cluster, socketFolder, user, settings, onLine }: PostmasterOptions): Postmaster {
    const all = { ...SETTINGS, unix_socket_directories: socketFolder, ...settings };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn('/bin/sh', ['-c', SUPERVISOR, 'sh', postgres, '-D', cluster, ...flags], {
      ...runAs(user),
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: cleanEnvironment(),
    });
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stderr }).on('line', onLine);
    return new Postmaster(child);
  }

  /** Whether PostgreSQL has ended. */
  get ended(): boolean {
    return this.hasExited;
  }

  /** Lets this process end although PostgreSQL runs; it then ends too, because the pipe closes. */
  unref(): void {
    this.child.unref();
    for (const stream of [this.child.stdin, this.child.stderr] as unknown as { unref(): void }[])
      stream.unref();
  }

  /** Asks for a fast shutdown: clients are cut off, nothing committed is lost. Await `exited` for the end. */
  stop(): void {
    this.child.stdin.end();
  }
}
