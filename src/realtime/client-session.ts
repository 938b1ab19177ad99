import type { Identity } from '../auth/index.js';
import { CodedError } from '../common/index.js';
import { parseClientMessage, type ClientMessage } from './client-message.js';
import type { NoticeStream, StreamEntry } from './notice-stream.js';
import { mayHear, mayListen, type NumberedNotice, type Topic } from './topics.js';

/** Why the server closes a connection; numbers 44xx follow HTTP's 4xx. */
export const CLOSE = {
  tooManyErrors: 4400,
  tokenInvalid: 4401,
  originRefused: 4403,
  slowReader: 4408,
  tooMany: 4429,
} as const;

/** Messages a client may send while its token is being checked. */
const MOST_WAITING = 16;

/** What a session needs of a socket. */
export interface ClientSocket {
  /** Bytes that were sent but not yet taken by the network. */
  readonly bufferedAmount: number;
  /** @param message text, or the UTF-8 of one */
  send(message: string | Buffer): void;
  close(code: number, reason: string): void;
}

/** What a session asks of tokens that its client shows. */
export interface TokenCheck {
  /** Who a token speaks for now; null when it is worthless. */
  identify(token: string): Promise<Identity | null>;
  /** Counts a worthless one. @returns whether the client's address is within its limit */
  refused(): Promise<boolean>;
}

/** Limits of one client. */
export interface SessionLimits {
  /** Waiting bytes above which a client counts as too slow. */
  readonly mostBufferedBytes: number;
  /** Refused messages after which a client is closed. */
  readonly mostErrors: number;
}

/** One client: what it listens to and how far it has got. */
export class ClientSession {
  private readonly topics = new Set<Topic>();
  private errors = 0;
  private closed = false;
  private token: string | null = null;
  /** Messages that came while a token is being checked; null while none is. */
  private waiting: string[] | null = null;

  constructor(
    private readonly socket: ClientSocket,
    private readonly stream: NoticeStream,
    private identity: Identity,
    private readonly tokens: TokenCheck,
    private readonly limits: SessionLimits,
  ) {
    this.send({ type: 'hello', stream: stream.id, seq: stream.head });
  }

  /** Takes a message of the client. */
  receive(text: string): void {
    if (this.waiting !== null) return this.wait(this.waiting, text);
    const message = parseClientMessage(text);
    if (!message.ok) return this.refuse(message.error);
    if (message.value.token === null) return this.follow(message.value);
    this.waiting = [];
    void this.enter(message.value.token, message.value);
  }

  /** Passes a notice on to a client that listens to its topic. */
  deliver({ notice, bytes }: StreamEntry): void {
    if (this.hears(notice)) this.write(bytes);
  }

  /** Tells a client that listens to something that notices were lost: what it knows should be read anew. */
  gap(): void {
    if (this.topics.size > 0) this.place(true);
  }

  /** Closes a client that does not read: too much waits for it, or it leaves pings unanswered. */
  drop(reason: 'SLOW_READER' | 'SILENT'): void {
    this.close(CLOSE.slowReader, reason);
  }

  /** Shows the client that the connection lives. */
  heartbeat(now: number): void {
    this.send({ type: 'heartbeat', at: now, seq: this.stream.head });
    if (this.token !== null) void this.recheck(this.token, this.token);
  }

  /** Takes a message whose token has to be checked first, then the ones that came meanwhile. */
  private async enter(token: string, message: ClientMessage): Promise<void> {
    if (await this.recheck(token)) this.follow(message);
    const texts = this.waiting ?? [];
    this.waiting = null;
    for (const text of texts) if (!this.closed) this.receive(text);
  }

  /**
   * Whether a token is good (now still). One that has become worthless ends the connection.
   * @param renewed the token of before whose rights are looked at again: once another one holds, this one decides nothing
   */
  private async recheck(token: string, renewed?: string): Promise<boolean> {
    // A database that is away decides nothing: who is in stays in with the rights of before.
    const identity = await this.tokens.identify(token).catch(() => undefined);
    if (renewed !== undefined && this.token !== renewed) return false;
    if (identity === null) await this.turnAway(renewed === undefined);
    if (identity === undefined && this.token === null)
      this.refuse(new CodedError('DATABASE_UNAVAILABLE', 'the token cannot be checked now; send it again'));
    if (!identity) return false;
    this.identity = identity;
    this.token = token;
    this.dropForbidden();
    return true;
  }

  /** @param shown whether the token came just now: one that was good and has expired says nothing against its owner */
  private async turnAway(shown: boolean): Promise<void> {
    if (!shown || (await this.tokens.refused())) this.close(CLOSE.tokenInvalid, 'TOKEN_INVALID');
    else this.close(CLOSE.tooMany, 'RATE_LIMITED');
  }

  /** Who has lost a role, or shows the token of somebody else, hears no more of what only others may hear, and is told so. */
  private dropForbidden(): void {
    const forbidden = [...this.topics].filter((topic) => !mayListen(this.identity, topic));
    if (forbidden.length === 0) return;
    for (const topic of forbidden) this.topics.delete(topic);
    this.send({ type: 'unsubscribed', topics: forbidden, code: 'FORBIDDEN' });
  }

  private wait(waiting: string[], text: string): void {
    if (waiting.length >= MOST_WAITING) this.close(CLOSE.tooManyErrors, 'TOO_MANY_MESSAGES');
    else waiting.push(text);
  }

  private follow(message: ClientMessage): void {
    for (const topic of message.unsubscribe) this.topics.delete(topic);
    const forbidden = message.subscribe.find((topic) => !mayListen(this.identity, topic));
    if (forbidden !== undefined) {
      return this.refuse(new CodedError('FORBIDDEN', `listening to ${forbidden} needs another role`));
    }
    for (const topic of message.subscribe) this.topics.add(topic);
    const resumed = message.since === null ? [] : this.missed(message.since, message.stream);
    this.place(resumed === null);
    for (const entry of resumed ?? []) this.write(entry.bytes);
  }

  private place(gap: boolean): void {
    const { id: stream, head: seq } = this.stream;
    this.send({ type: 'subscribed', topics: [...this.topics], stream, seq, gap });
  }

  private missed(since: number, stream: string | null): readonly StreamEntry[] | null {
    return stream !== null && stream !== this.stream.id
      ? null
      : this.stream.after(since, (notice) => this.hears(notice));
  }

  private hears(notice: NumberedNotice): boolean {
    return this.topics.has(notice.topic) && mayHear(this.identity, notice);
  }

  private refuse(error: CodedError): void {
    this.send({ type: 'error', code: error.code, detail: error.message });
    if (++this.errors >= this.limits.mostErrors) this.close(CLOSE.tooManyErrors, 'TOO_MANY_ERRORS');
  }

  private send(message: object): void {
    this.write(JSON.stringify(message));
  }

  /** A client that does not read is dropped, so that what waits for it never grows without bound. */
  private write(message: string | Buffer): void {
    if (this.closed) return;
    if (this.socket.bufferedAmount > this.limits.mostBufferedBytes) return this.drop('SLOW_READER');
    this.socket.send(message);
  }

  private close(code: number, reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.close(code, reason);
  }
}
