import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { messageOf } from '../common/index.js';
import { REDIS_WAYS, RedisConnection } from '../common/redis-connection.js';
import { seldom } from '../common/seldom.js';
import { FanOut } from './fan-out.js';
import { TOPICS, type Notice } from './topics.js';

const CHANNEL = 'stemma:realtime';
const LARGEST_MESSAGE = 256 * 1024;
/** How often the subscriber, who has nothing to say, asks whether it is heard, and how long it waits for the answer, ms. */
const SIGN_OF_LIFE_MS = 2_000;
/** However often notices are lost, all who listen are told of it no more often than this, ms. */
const GAP_PAUSE_MS = 5_000;

/** A message of another replica: a notice, or null for those that it could not publish. */
interface Message {
  readonly sender: string;
  readonly notice: Notice | null;
}

/**
 * The fan-out of several replicas. This process's own notices are delivered at once and do not wait for Redis, so a Redis
 * that is away, or never answers, costs other replicas' notices only. Whoever may have lost some is told: who did not listen for a while,
 * by its own process, and who could not be reached, by the one that could not reach it, once it can again.
 */
export class RedisFanOut extends FanOut {
  private readonly sender = randomUUID();
  private readonly publisher: RedisConnection;
  private readonly subscriber: Redis;
  private readonly asking: NodeJS.Timeout;
  private readonly handlers: ((notice: Notice) => void)[] = [];
  private readonly gapHandlers: (() => void)[] = [];
  /** Whether others may have published while nobody listened here. */
  private deaf = false;
  /** Whether others have missed something, and were not told yet. */
  private unsaid = false;
  /** Whoever reads everything anew has no use for more. */
  private readonly gap = seldom(GAP_PAUSE_MS, () => {
    for (const handler of this.gapHandlers) handler();
  });

  /** @param onTrouble told when Redis cannot be reached */
  constructor(
    url: string,
    private readonly onTrouble: (detail: string) => void,
  ) {
    super();
    this.publisher = new RedisConnection(url, onTrouble);
    this.publisher.client.on('ready', () => this.tellMissed());
    // It subscribes by itself after every connect, so that it is known from when on it listens.
    this.subscriber = new Redis(url, {
      ...REDIS_WAYS,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
      socketTimeout: SIGN_OF_LIFE_MS,
    });
    this.subscriber.on('close', () => (this.deaf = true));
    this.subscriber.on('ready', () => void this.subscribe());
    this.subscriber.on('error', (error: Error) => onTrouble(error.message));
    this.subscriber.connect().catch(() => undefined);
    this.subscriber.on('message', (_channel: string, text: string) => this.receive(text));
    this.asking = setInterval(() => {
      if (this.subscriber.status === 'ready') this.subscriber.ping().catch(() => undefined);
    }, SIGN_OF_LIFE_MS).unref();
  }

  publish(notice: Notice): void {
    this.deliver(notice);
    this.tellMissed();
    const text = JSON.stringify({ sender: this.sender, notice });
    if (text.length <= LARGEST_MESSAGE) return this.send(text);
    this.unsaid = true;
    this.tellMissed();
  }

  listen(handler: (notice: Notice) => void): void {
    this.handlers.push(handler);
  }

  onGap(handler: () => void): void {
    this.gapHandlers.push(handler);
  }

  close(): Promise<void> {
    this.handlers.length = 0;
    this.gapHandlers.length = 0;
    clearInterval(this.asking);
    this.publisher.close();
    this.subscriber.disconnect();
    return Promise.resolve();
  }

  /** Listens; where it did not for a while, what was said meanwhile is lost. */
  private async subscribe(): Promise<void> {
    try {
      await this.subscriber.subscribe(CHANNEL);
    } catch (thrown) {
      // On a connection that is lost again the next one tries; one that only refuses is given up, and said.
      if (this.subscriber.status !== 'ready') return;
      this.onTrouble(`it does not let this server listen: ${messageOf(thrown)}`);
      return this.subscriber.disconnect(true);
    }
    if (this.deaf) this.gap();
    this.deaf = false;
  }

  private send(text: string): void {
    this.publisher.ask((client) => client.publish(CHANNEL, text)).catch(() => (this.unsaid = true));
  }

  /**
   * Tells others that they have missed something, before they hear more: what is published next goes the same way behind it, also over a
   * connection that takes messages before it says that it is ready.
   */
  private tellMissed(): void {
    if (!this.unsaid) return;
    this.unsaid = false;
    this.send(JSON.stringify({ sender: this.sender, missed: true }));
  }

  private receive(text: string): void {
    const message = parseMessage(text);
    if (message === null || message.sender === this.sender) return;
    if (message.notice === null) this.gap();
    else this.deliver(message.notice);
  }

  private deliver(notice: Notice): void {
    for (const handler of this.handlers) handler(notice);
  }
}

/** What others put on the channel is checked like any input. */
function parseMessage(text: string): Message | null {
  if (text.length > LARGEST_MESSAGE) return null;
  try {
    const { sender, missed, notice } = JSON.parse(text) as {
      sender?: unknown;
      missed?: unknown;
      notice?: Partial<Notice>;
    };
    if (typeof sender !== 'string') return null;
    if (missed === true) return { sender, notice: null };
    if (typeof notice !== 'object' || notice === null) return null;
    const { topic, type, data, at, only } = notice;
    if (topic === undefined || !TOPICS.includes(topic) || typeof type !== 'string' || typeof at !== 'number')
      return null;
    if (only !== undefined && typeof only !== 'string') return null;
    return { sender, notice: { topic, type, data, at, ...(only !== undefined && { only }) } };
  } catch {
    return null;
  }
}
