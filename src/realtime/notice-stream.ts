import { randomUUID } from 'node:crypto';
import type { Notice, NumberedNotice } from './topics.js';

/** A notice and its JSON as UTF-8, made once for all clients. */
export interface StreamEntry {
  readonly notice: NumberedNotice;
  readonly bytes: Buffer;
}

/** Numbers notices and remembers the last ones, so that a client that comes back misses nothing. */
export class NoticeStream {
  private name = randomUUID();
  private readonly entries: StreamEntry[] = [];
  private last = 0;

  /** @param capacity notices remembered */
  constructor(private readonly capacity: number) {}

  /** Names this stream; a restarted server has another one. */
  get id(): string {
    return this.name;
  }

  /** Begins another stream: what was missed cannot be told, and nobody resumes behind it. */
  begin(): void {
    this.name = randomUUID();
    this.entries.length = 0;
    // Who has seen the newest one, and does not say of which stream, has a gap all the same.
    this.last += 1;
  }

  /** The number of the newest notice; 0 before the first. */
  get head(): number {
    return this.last;
  }

  /** Gives a notice its number. */
  append(notice: Notice): StreamEntry {
    const numbered = { ...notice, seq: ++this.last };
    const { topic, type, data, at, seq } = numbered;
    const entry = { notice: numbered, bytes: Buffer.from(JSON.stringify({ topic, type, data, at, seq })) };
    this.entries.push(entry);
    if (this.entries.length > this.capacity) this.entries.shift();
    return entry;
  }

  /** What followed a number and is wanted; null when the memory does not reach back that far. */
  after(seq: number, wanted: (notice: NumberedNotice) => boolean): readonly StreamEntry[] | null {
    if (seq > this.last) return null;
    const oldest = this.last - this.entries.length + 1;
    if (seq < oldest - 1) return null;
    return this.entries.slice(seq - oldest + 1).filter(({ notice }) => wanted(notice));
  }
}
