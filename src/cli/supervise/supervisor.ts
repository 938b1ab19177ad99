import { setTimeout as delay } from 'node:timers/promises';
import { RESTART_EXIT_CODE } from '../../common/autonomy/server-restart.js';
import { notifySystemd } from './systemd-notify.js';
import type { ServerEnd, ServerProcess } from './server-process.js';

/** How patient a supervisor is. Times are ms. */
export interface SupervisorOptions {
  /** How long a server that has answered once may be silent. */
  readonly silenceMs: number;
  /** How long a server may take to answer for the first time. */
  readonly startMs: number;
  /** How often it is asked. */
  readonly everyMs: number;
  /** How long a server that is told to end may take. */
  readonly graceMs: number;
}

/** What a supervisor needs of the world; tests put their own in its place. */
export interface SupervisorPorts {
  start(): Pick<ServerProcess, 'pid' | 'isOver' | 'ended' | 'signal' | 'end'>;
  /** Whether the server of that process answers; null while it does not listen yet. */
  answers(pid: number): Promise<boolean | null>;
  say(line: string): void;
  /** Keeps in the data folder that a server ended which nobody told to; the next one tells of it. */
  note(pid: number | undefined, how: string): void;
  /** Gives systemd's watchdog a sign of life at once: what was silent is well again. */
  sign(): void;
}

/** The pause after the first end; each further one is twice as long. */
export const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A server that lived this long was well: the next restart is quick again, ms. */
const HEALTHY_MS = 60_000;
/** Ends by themselves of servers that never answered; then something is wrong that no restart cures. */
export const MOST_FAILED_STARTS = 5;

/** How a watched server ended. */
interface WatchedEnd {
  readonly end: ServerEnd;
  /** Whether it has answered at all. */
  readonly answered: boolean;
  /** For how long it had not answered when it was ended for that; null for one that ended by itself. */
  readonly silentMs: number | null;
}

/** Keeps one server running: starts it anew when it dies or hangs, with growing pauses, until it is told to stop. */
export class Supervisor {
  private stopping = false;
  private current: ReturnType<SupervisorPorts['start']> | null = null;
  private readonly stopSignal = new AbortController();
  private silent = false;

  constructor(
    private readonly options: SupervisorOptions,
    private readonly ports: SupervisorPorts,
  ) {}

  /**
   * Whether systemd's watchdog may be told that all is well: the server answers, or starts, which has a limit of its own. A server
   * that has fallen silent gets no sign, so that systemd ends the service if nothing here does.
   */
  get isWell(): boolean {
    return !this.silent;
  }

  /** Passes a signal on; the end of the server is then the end of the supervisor. */
  stop(signal: NodeJS.Signals): void {
    this.stopping = true;
    notifySystemd('STOPPING=1');
    this.stopSignal.abort();
    this.current?.signal(signal);
  }

  /** Runs until it is stopped. @returns the exit code: the server's last, or 1 when it would not start */
  async run(): Promise<number> {
    let pause = FIRST_PAUSE_MS;
    let failedStarts = 0;
    while (!this.stopping) {
      const began = performance.now();
      const server = this.ports.start();
      this.current = server;
      const { end, answered, silentMs } = await this.watch(server);
      // A server that ends well was told to, by whoever may; but for one that had hung and was told to here.
      if (this.stopping || (end.code === 0 && silentMs === null)) return end.code ?? 1;
      const wanted = end.code === RESTART_EXIT_CODE && silentMs === null;
      if (!wanted) this.ports.note(server.pid, describeEnd({ end, answered, silentMs }));
      failedStarts = answered ? 0 : failedStarts + 1;
      if (failedStarts >= MOST_FAILED_STARTS) return this.giveUp(end);
      if (performance.now() - began > HEALTHY_MS) pause = FIRST_PAUSE_MS;
      const how = wanted ? 'to be started again' : `(${howEnded(end)})`;
      this.ports.say(`the server ended ${how}; it starts again in ${pause / 1000} s`);
      await delay(pause, undefined, { signal: this.stopSignal.signal }).catch(() => undefined);
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    }
    return 0;
  }

  /** Asks a server again and again whether it lives, and ends it when it does not answer. */
  private async watch(server: ReturnType<SupervisorPorts['start']>): Promise<WatchedEnd> {
    let answered = false;
    let heardAt = performance.now();
    this.setSilent(false);
    while (!server.isOver) {
      await Promise.race([server.ended, delay(this.options.everyMs)]);
      if (server.isOver || this.stopping) break;
      const answers = server.pid === undefined ? null : await this.ports.answers(server.pid);
      this.setSilent(answered && answers !== true);
      if (answers === true) {
        heardAt = performance.now();
        if (!answered) notifySystemd('--ready', '--status=the server answers');
        answered = true;
        continue;
      }
      const silentMs = performance.now() - heardAt;
      if (silentMs < (answered ? this.options.silenceMs : this.options.startMs)) continue;
      this.ports.say(`the server has not answered for ${Math.round(silentMs / 1000)} s and is ended`);
      return { end: await server.end(this.options.graceMs), answered, silentMs };
    }
    return { end: await server.ended, answered, silentMs: null };
  }

  /** A sign that was due in the silence was not given: the next one may come too late for the watchdog. */
  private setSilent(silent: boolean): void {
    if (this.silent && !silent) this.ports.sign();
    this.silent = silent;
  }

  private giveUp(end: ServerEnd): number {
    this.ports.say(
      `the server ended ${MOST_FAILED_STARTS} times before it answered (${howEnded(end)}): see what it said`,
    );
    return 1;
  }
}

function describeEnd({ end, answered, silentMs }: WatchedEnd): string {
  const before = answered ? '' : ', before it answered';
  if (silentMs === null) return `${howEnded(end)}${before}`;
  return `it had not answered for ${Math.round(silentMs / 1000)} s and was ended${before}`;
}

function howEnded({ code, signal }: ServerEnd): string {
  return signal === null ? `exit code ${code}` : signal;
}
