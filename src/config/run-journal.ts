import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { systemClock, type Clock } from '../common/index.js';
import { lockHolder } from './process-lock.js';

/** The end of a server that nobody told to end. */
export interface AbnormalEnd {
  /** 32 hex digits; its incident is called by them. */
  readonly id: string;
  /** When it was noticed, ms since the epoch. */
  readonly at: number;
  /** What is known of it, for people: `SIGKILL`, `exit code 1`. */
  readonly how: string;
  /** Whether an incident tells of it. */
  readonly told: boolean;
}

/** A server that runs, or whose end left no trace. */
interface Mark {
  readonly pid: number;
  /** ms since the epoch. */
  readonly since: number;
}

const MARK_FILE = 'server.running';
const ENDS_FILE = 'ends.json';
/** Ends that are kept, the newest. */
const MOST_ENDS = 50;
/** No file of this journal is larger. */
const LARGEST_BYTES = 64 * 1024;
const LONGEST_HOW = 200;
/** The last moment of the year 9999, ms: what is later, or before 1970, no clock has said. */
const LATEST_MS = 253_402_300_799_999;
/** What the database cannot keep, or no one can read: control characters, halves of a character. */
const UNREADABLE = /[\p{Cc}\p{Cs}]/u;
/** A file that was not finished. */
const LEFTOVER = /^(ends\.json|server\.running)\.[0-9a-f-]{36}$/;

/**
 * How the servers of a data folder ended. A running server leaves a mark that it takes away when it ends as it should; whoever starts
 * and finds one knows that the last one did not. A supervisor, which sees how its server ended, says so instead. What cannot be
 * written is left out: no server stays down because of its journal. Broken files count as none.
 */
export class RunJournal {
  constructor(
    private readonly folder: string,
    private readonly clock: Clock = systemClock,
  ) {}

  /** A server starts; it holds the lock of the folder. Notes the end of the last one where that left its mark. */
  begin(): void {
    this.sweep();
    const left = this.mark();
    if (left !== null) {
      const since = new Date(left.since).toISOString();
      this.note(`process ${left.pid}, which ran since ${since}, left no mark of an orderly end`);
    }
    this.write(MARK_FILE, { pid: process.pid, since: this.clock.now() } satisfies Mark);
  }

  /** The server ends as it should. */
  end(): void {
    this.remove(MARK_FILE);
  }

  /**
   * A server ended that nobody told to. One that ends while another process holds the folder was refused by it, which is no crash.
   * @param pid its process; another one's mark stays
   */
  ended(pid: number | undefined, how: string): void {
    if (lockHolder(this.folder) !== null) return;
    if (this.note(how) && this.mark()?.pid === pid) this.remove(MARK_FILE);
  }

  /** The newest abnormal ends, oldest first. */
  ends(): readonly AbnormalEnd[] {
    const value = this.read(ENDS_FILE);
    const ends = isTable(value) && Array.isArray(value.ends) ? (value.ends as unknown[]) : [];
    return ends.filter(isEnd).slice(-MOST_ENDS);
  }

  /** Incidents tell of these ends now. */
  told(ids: ReadonlySet<string>): void {
    this.keep(this.ends().map((end) => (ids.has(end.id) ? { ...end, told: true } : end)));
  }

  private note(how: string): boolean {
    const id = randomUUID().replaceAll('-', '');
    const end = { id, at: this.clock.now(), how: how.slice(0, LONGEST_HOW), told: false };
    return this.keep([...this.ends(), end]);
  }

  private keep(ends: readonly AbnormalEnd[]): boolean {
    return this.write(ENDS_FILE, { version: 1, ends: ends.slice(-MOST_ENDS) });
  }

  private mark(): Mark | null {
    const value = this.read(MARK_FILE);
    return isTable(value) && isDate(value.since) && Number.isSafeInteger(value.pid)
      ? (value as unknown as Mark)
      : null;
  }

  private read(name: string): unknown {
    try {
      const path = join(this.folder, name);
      return statSync(path).size > LARGEST_BYTES ? null : JSON.parse(readFileSync(path, 'utf8'));
    } catch {
      return null;
    }
  }

  /** Whole or not at all. @returns whether it was written */
  private write(name: string, value: object): boolean {
    const temporary = `${name}.${randomUUID()}`;
    try {
      const descriptor = openSync(join(this.folder, temporary), 'wx', 0o644);
      try {
        writeFileSync(descriptor, JSON.stringify(value));
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(join(this.folder, temporary), join(this.folder, name));
      return true;
    } catch {
      this.remove(temporary);
      return false;
    }
  }

  /** Takes away what writes that were cut short have left. */
  private sweep(): void {
    try {
      for (const name of readdirSync(this.folder)) if (LEFTOVER.test(name)) this.remove(name);
    } catch {
      // As below.
    }
  }

  private remove(name: string): void {
    try {
      rmSync(join(this.folder, name), { force: true });
    } catch {
      // A folder that cannot be changed is told of by others.
    }
  }
}

function isEnd(value: unknown): value is AbnormalEnd {
  return (
    isTable(value) &&
    typeof value.id === 'string' &&
    /^[0-9a-f]{32}$/.test(value.id) &&
    isDate(value.at) &&
    typeof value.how === 'string' &&
    value.how.length <= LONGEST_HOW &&
    !UNREADABLE.test(value.how) &&
    typeof value.told === 'boolean'
  );
}

/** Whether it is a moment in ms that a clock says and the database can keep. */
function isDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= LATEST_MS;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
