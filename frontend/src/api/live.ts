import { accessToken, watchAccessToken } from './access.js';
import { isRecord } from './problem.js';

/** A message of `/ws/collective-insight`. */
export interface LiveMessage {
  readonly topic: string;
  readonly type: string;
  readonly data: unknown;
  readonly at: number;
  readonly seq: number;
}

/** Whether live data arrives; `offline` carries when the next attempt is made (ms since epoch). */
export type LiveState =
  | { readonly is: 'connecting' }
  | { readonly is: 'online' }
  | { readonly is: 'offline'; readonly retryAt: number };

type Handler = (message: LiveMessage) => void;

const TOPICS = ['inference', 'chain', 'metrics', 'learning', 'rewards'];
/** Topics that not everybody may listen to; asked for apart, so that a refusal takes nothing else away. */
const PERSONAL_TOPICS = ['tasks'];
const GUARDIAN_TOPICS = ['decisions', 'guardian', 'alerts', 'incidents'];
const FURTHER_TOPICS = [...PERSONAL_TOPICS, ...GUARDIAN_TOPICS];
/** Notices asked for on the first connection, so that the charts do not begin empty. */
const HISTORY = 600;
/** Metrics come every second: a longer silence means that the peer is gone without a word. */
const SILENCE_MS = 10_000;
const LONGEST_WAIT_MS = 15_000;

/**
 * The one WebSocket of the dashboard: subscribes to every topic it shows, reconnects by itself with growing waits and
 * asks for what it missed (`since` the last sequence number seen). A silent connection counts as lost.
 */
export class LiveConnection {
  private readonly handlers = new Set<Handler>();
  private readonly watchers = new Set<() => void>();
  private socket: WebSocket | null = null;
  private state: LiveState = { is: 'connecting' };
  private readonly gapWatchers = new Set<() => void>();
  /** Topics that the server has said it sends. */
  private heard = new Set<string>();
  private place: { readonly stream: string; readonly seq: number } | null = null;
  private attempts = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private unwatchToken = (): void => undefined;

  /** Opens the connection and keeps it until `stop`. */
  start(): void {
    globalThis.addEventListener('online', this.connectNow);
    this.unwatchToken = watchAccessToken(this.showToken);
    this.connect();
  }

  /** Closes for good. */
  stop(): void {
    globalThis.removeEventListener('online', this.connectNow);
    this.unwatchToken();
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** The state now; stable between changes. */
  readonly current = (): LiveState => this.state;

  /** Told of every change of state, until the returned function is called. */
  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  /** Told of every message, until the returned function is called. */
  onMessage(handler: Handler): () => void {
    this.handlers.add(handler);
    return () => this.handlers.delete(handler);
  }

  /** Told when messages were missed for good, so that what is shown must be asked for anew. */
  onGap(watcher: () => void): () => void {
    this.gapWatchers.add(watcher);
    return () => this.gapWatchers.delete(watcher);
  }

  /**
   * A new token of the same person keeps the connection; without one the server closes it by itself. Whoever signs in, or has got a
   * role, may listen to more than before: what is not heard is asked for again, in few messages, because refusals are counted.
   */
  private readonly showToken = (): void => {
    const token = accessToken();
    if (token === null || this.state.is !== 'online') return;
    this.socket?.send(JSON.stringify({ subscribe: TOPICS, token }));
    for (const topics of [PERSONAL_TOPICS, GUARDIAN_TOPICS]) {
      const missing = topics.filter((topic) => !this.heard.has(topic));
      if (missing.length > 0) this.socket?.send(JSON.stringify({ subscribe: missing }));
    }
  };

  private readonly connectNow = (): void => {
    if (this.state.is !== 'offline') return;
    clearTimeout(this.retry);
    this.connect();
  };

  private connect(): void {
    const url = new URL('/ws/collective-insight', globalThis.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.addEventListener('message', (event) => this.received(socket, event.data));
    socket.addEventListener('close', () => this.lost(socket));
    this.expectSound(socket);
  }

  private received(socket: WebSocket, text: unknown): void {
    if (this.socket !== socket || typeof text !== 'string') return;
    this.expectSound(socket);
    const value: unknown = JSON.parse(text);
    if (!isRecord(value)) return;
    if (value.type === 'hello') this.greeted(socket, value);
    if (value.type === 'subscribed') this.subscribed(value);
    if (value.type === 'unsubscribed') for (const topic of topicsOf(value)) this.heard.delete(topic);
    const message = toMessage(value);
    if (message === null) return;
    if (this.place !== null) this.place = { ...this.place, seq: message.seq };
    for (const handler of this.handlers) handler(message);
  }

  /** Subscribes behind the last message seen, or a little history at first. */
  private greeted(socket: WebSocket, hello: Record<string, unknown>): void {
    this.heard.clear();
    const since = this.place?.seq ?? Math.max(0, Number(hello.seq) - HISTORY);
    const stream = this.place?.stream ?? String(hello.stream);
    const token = accessToken();
    socket.send(JSON.stringify({ subscribe: TOPICS, since, stream, ...(token === null ? {} : { token }) }));
    for (const topic of FURTHER_TOPICS) socket.send(JSON.stringify({ subscribe: [topic] }));
  }

  private subscribed(answer: Record<string, unknown>): void {
    const resumed = this.place !== null;
    this.heard = new Set(topicsOf(answer));
    this.attempts = 0;
    if (answer.gap === true || this.place === null)
      this.place = { stream: String(answer.stream), seq: Number(answer.seq) };
    this.change({ is: 'online' });
    if (resumed && answer.gap === true) for (const watcher of this.gapWatchers) watcher();
  }

  private lost(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = null;
    clearTimeout(this.silence);
    const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** this.attempts++);
    this.retry = setTimeout(() => this.connect(), wait);
    this.change({ is: 'offline', retryAt: Date.now() + wait });
  }

  private expectSound(socket: WebSocket): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      socket.close();
      this.lost(socket);
    }, SILENCE_MS);
  }

  private change(state: LiveState): void {
    this.state = state;
    for (const watcher of this.watchers) watcher();
  }
}

function topicsOf({ topics }: Record<string, unknown>): string[] {
  return Array.isArray(topics) ? topics.filter((topic) => typeof topic === 'string') : [];
}

function toMessage(value: Record<string, unknown>): LiveMessage | null {
  const { topic, type, data, at, seq } = value;
  const whole =
    typeof topic === 'string' &&
    typeof type === 'string' &&
    typeof at === 'number' &&
    typeof seq === 'number';
  return whole ? { topic, type, data, at, seq } : null;
}
