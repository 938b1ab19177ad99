import { streamChat, type ChatEvent, type ChatMessage, type ChatParameters } from '../api/chat.js';
import { Problem } from '../api/problem.js';

/** One question and its answer, as far as it has come. */
export interface Turn {
  readonly key: number;
  readonly model: string;
  readonly prompt: string;
  readonly answer: string;
  readonly state: 'waiting' | 'streaming' | 'done' | 'stopped' | 'failed';
  /** The completion's id, known with its first chunk. */
  readonly id: string | null;
  readonly receipt: string | null;
  readonly reason: string | null;
  readonly tokens: number | null;
  /** Decoding speed as the server measured it. */
  readonly tokensPerSecond: number | null;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly problem: Problem | null;
}

/** What is asked. */
export interface Question {
  readonly model: string;
  readonly prompt: string;
  readonly parameters: ChatParameters;
  /** Whether the earlier turns are sent along. */
  readonly withHistory: boolean;
}

const FRAME_MS = 33;

/**
 * The conversation of this tab; it outlives the page. Tokens come faster than a screen draws, so watchers are told at
 * most thirty times a second.
 */
export class Conversation {
  private turns: readonly Turn[] = [];
  private readonly watchers = new Set<() => void>();
  private abort: AbortController | null = null;
  private notice: ReturnType<typeof setTimeout> | null = null;
  private nextKey = 1;

  /** Oldest first; the same array until something changes. */
  readonly current = (): readonly Turn[] => this.turns;

  /** Told of changes, until the returned function is called. */
  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  /** Asks; one answer at a time. Failures end up in the turn. */
  async ask(question: Question): Promise<void> {
    if (this.abort !== null) return;
    const abort = new AbortController();
    this.abort = abort;
    const messages = [...(question.withHistory ? this.history() : []), userMessage(question.prompt)];
    this.turns = [...this.turns, newTurn(this.nextKey++, question)];
    this.tell();
    try {
      for await (const event of streamChat(question.model, messages, question.parameters, abort.signal))
        this.apply(event);
      this.update({ state: 'done' });
    } catch (thrown) {
      this.update(
        abort.signal.aborted ? { state: 'stopped' } : { state: 'failed', problem: Problem.from(thrown) },
      );
    } finally {
      this.abort = null;
      this.update({ finishedAt: this.turns.at(-1)?.finishedAt ?? Date.now() });
      this.tell();
    }
  }

  /** Ends the answer under way; the server stops the work. */
  stop(): void {
    this.abort?.abort();
  }

  /** Takes what the server tells of an answer that ended: an answer that was stopped has its receipt only from here. */
  ended(id: string, receipt: string | null, tokensPerSecond: number): void {
    this.turns = this.turns.map((turn) =>
      turn.id === id ? { ...turn, receipt: turn.receipt ?? receipt, tokensPerSecond } : turn,
    );
    this.tell();
  }

  /** Forgets everything; receipts stay on the server. */
  clear(): void {
    this.stop();
    this.turns = [];
    this.tell();
  }

  private history(): ChatMessage[] {
    return this.turns
      .filter((turn) => turn.answer !== '')
      .flatMap((turn) => [userMessage(turn.prompt), { role: 'assistant', content: turn.answer }]);
  }

  private apply(event: ChatEvent): void {
    switch (event.type) {
      case 'started':
        return this.update({ id: event.id });
      case 'text':
        return this.update({ state: 'streaming', answer: (this.turns.at(-1)?.answer ?? '') + event.text });
      case 'finished':
        return this.update({ reason: event.reason, finishedAt: Date.now() });
      case 'receipt':
        return this.update({ receipt: event.id });
      case 'usage':
        return this.update({ tokens: event.completionTokens });
    }
  }

  private update(change: Partial<Turn>): void {
    const last = this.turns.at(-1);
    if (last === undefined) return;
    this.turns = [...this.turns.slice(0, -1), { ...last, ...change }];
    this.notice ??= setTimeout(() => this.tell(), FRAME_MS);
  }

  private tell(): void {
    if (this.notice !== null) clearTimeout(this.notice);
    this.notice = null;
    for (const watcher of this.watchers) watcher();
  }
}

function userMessage(content: string): ChatMessage {
  return { role: 'user', content };
}

function newTurn(key: number, question: Question): Turn {
  return {
    key,
    model: question.model,
    prompt: question.prompt,
    answer: '',
    state: 'waiting',
    id: null,
    receipt: null,
    reason: null,
    tokens: null,
    tokensPerSecond: null,
    startedAt: Date.now(),
    finishedAt: null,
    problem: null,
  };
}
