import { Logger } from '@nestjs/common';
import { CodedError, err, messageOf, type Result } from '../../common/index.js';
import type { TestimonyQuestion } from './question.js';

/** An answer that this node testifies about. */
export interface OpenTestimony {
  /** Whether it answers no more. */
  readonly isOver: boolean;
  rows(question: TestimonyQuestion): Promise<Result<readonly string[]>>;
  stop(): Promise<void>;
}

const logger = new Logger('Disputes');

/** Answers that are testified about at one time: both sides of a dispute may be of this node. */
const MOST_OPEN = 2;
/** Questions that may wait for others. */
const MOST_WAITING = 8;
/** How long one stays open without a question, ms. */
const IDLE_MS = 60_000;

interface Entry {
  readonly opening: Promise<Result<OpenTestimony>>;
  timer: NodeJS.Timeout | null;
}

/** Keeps what a few questions in a row need, and lets one be computed after the other. */
export class OpenTestimonies {
  private readonly entries = new Map<string, Entry>();
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private stopped = false;

  /**
   * Answers one question. Refuses with `TESTIMONY_BUSY` (503) when too many wait, with `TESTIMONY_FAILED` (503) where opening or
   * answering throws and once all is closed, and as opening and answering do.
   */
  ask(
    id: string,
    open: () => Promise<Result<OpenTestimony>>,
    question: TestimonyQuestion,
  ): Promise<Result<readonly string[]>> {
    if (this.waiting >= MOST_WAITING) return Promise.resolve(err(busy()));
    this.waiting += 1;
    const answer = this.last.then(() => this.answer(id, open, question));
    this.last = answer.then(
      () => (this.waiting -= 1),
      () => (this.waiting -= 1),
    );
    return answer;
  }

  /** Closes all; nothing is opened after it. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.entries.keys()].map((id) => this.close(id)));
  }

  private async answer(
    id: string,
    open: () => Promise<Result<OpenTestimony>>,
    question: TestimonyQuestion,
  ): Promise<Result<readonly string[]>> {
    const entry = await this.entry(id, open);
    const opened = await entry.opening;
    if (!opened.ok) {
      await this.close(id);
      return opened;
    }
    const rows = await attempt(() => opened.value.rows(question));
    if (opened.value.isOver) await this.close(id);
    else this.rest(id, entry);
    return rows;
  }

  private async entry(id: string, open: () => Promise<Result<OpenTestimony>>): Promise<Entry> {
    const known = this.entries.get(id);
    if (known !== undefined) {
      if (known.timer !== null) clearTimeout(known.timer);
      this.entries.delete(id);
      this.entries.set(id, known);
      return known;
    }
    for (const oldest of this.entries.keys()) {
      if (this.entries.size < MOST_OPEN) break;
      await this.close(oldest);
    }
    const opening = this.stopped ? Promise.resolve(err(failed('it was stopped'))) : attempt(open);
    const entry: Entry = { opening, timer: null };
    this.entries.set(id, entry);
    return entry;
  }

  private rest(id: string, entry: Entry): void {
    entry.timer = setTimeout(() => void this.close(id), IDLE_MS).unref();
  }

  private async close(id: string): Promise<void> {
    const entry = this.entries.get(id);
    this.entries.delete(id);
    if (entry === undefined) return;
    if (entry.timer !== null) clearTimeout(entry.timer);
    const opened = await entry.opening;
    if (opened.ok) await opened.value.stop();
  }
}

function busy(): CodedError {
  const message = 'This node testifies about other answers; ask again in a moment.';
  return new CodedError('TESTIMONY_BUSY', message, { retryAfter: 2 }, 503);
}

/** What throws is refused in its place; the cause is for the log. */
async function attempt<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (thrown) {
    logger.warn(`a testimony could not be given: ${messageOf(thrown)}`);
    return err(failed('it could not be computed'));
  }
}

function failed(detail: string): CodedError {
  return new CodedError('TESTIMONY_FAILED', `No testimony: ${detail}.`, { retryAfter: 1 }, 503);
}
