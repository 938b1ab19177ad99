import { randomUUID } from 'node:crypto';
import type { Notice, NumberedNotice, Topic } from './topics.js';

/** A notice and its JSON as UTF-8, made once for all clients. */
export interface StreamEntry {
  readonly notice: NumberedNotice;
  readonly bytes: Buffer;
}

/** Numbers notices and remembers the last ones, so that a client that comes back misses nothing. */
export class NoticeStream {
  /** Names this stream; a restarted server has another one. */
  readonly id = randomUUID();
  private readonly entries: StreamEntry[] = [];
  private last = 0;

  /** @param capacity notices remembered */
  constructor(private readonly capacity: number) {}

  /** The number of the newest notice; 0 before the first. */
  get head(): number {
    return this.last;
  }

  /** Gives a notice its number. */
  append(notice: Notice): StreamEntry {
    const numbered = { ...notice, seq: ++this.last };
    const entry = { notice: numbered, bytes: Buffer.from(JSON.stringify(numbered)) };
    this.entries.push(entry);
    if (this.entries.length > this.capacity) this.entries.shift();
    return entry;
  }

  /** What followed a number on some topics; null when the memory does not reach back that far. */
  after(seq: number, topics: ReadonlySet<Topic>): readonly StreamEntry[] | null {
    if (seq > this.last) return null;
    const oldest = this.last - this.entries.length + 1;
    if (seq < oldest - 1) return null;
    return this.entries.slice(seq - oldest + 1).filter(({ notice }) => topics.has(notice.topic));
  }
}
