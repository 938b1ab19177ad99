import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { REDIS_WAYS, RedisConnection } from '../common/redis-connection.js';
import { FanOut } from './fan-out.js';
import { TOPICS, type Notice } from './topics.js';

const CHANNEL = 'stemma:realtime';
const LARGEST_MESSAGE = 256 * 1024;
/** How often the subscriber, who has nothing to say, asks whether it is heard, and how long it waits for the answer, ms. */
const SIGN_OF_LIFE_MS = 2_000;

/**
 * The fan-out of several replicas. This process's own notices are delivered at once and do not wait for Redis, so a Redis
 * that is away, or never answers, costs other replicas' notices only.
 */
export class RedisFanOut extends FanOut {
  private readonly sender = randomUUID();
  private readonly publisher: RedisConnection;
  private readonly subscriber: Redis;
  private readonly asking: NodeJS.Timeout;
  private readonly handlers: ((notice: Notice) => void)[] = [];

  /** @param onTrouble told when Redis cannot be reached */
  constructor(url: string, onTrouble: (detail: string) => void) {
    super();
    this.publisher = new RedisConnection(url, onTrouble);
    // What it asks for is asked again on the next connection, so nothing is given up but connections that are silent.
    this.subscriber = new Redis(url, {
      ...REDIS_WAYS,
      maxRetriesPerRequest: null,
      socketTimeout: SIGN_OF_LIFE_MS,
    });
    this.subscriber.on('error', (error: Error) => onTrouble(error.message));
    this.subscriber.connect().catch(() => undefined);
    this.subscriber.on('message', (_channel: string, text: string) => this.receive(text));
    this.subscriber.subscribe(CHANNEL).catch(() => undefined);
    this.asking = setInterval(() => {
      if (this.subscriber.status === 'ready') this.subscriber.ping().catch(() => undefined);
    }, SIGN_OF_LIFE_MS).unref();
  }

  publish(notice: Notice): void {
    this.deliver(notice);
    const text = JSON.stringify({ sender: this.sender, notice });
    if (text.length > LARGEST_MESSAGE) return;
    this.publisher.ask((client) => client.publish(CHANNEL, text)).catch(() => undefined);
  }

  listen(handler: (notice: Notice) => void): void {
    this.handlers.push(handler);
  }

  close(): Promise<void> {
    this.handlers.length = 0;
    clearInterval(this.asking);
    this.publisher.close();
    this.subscriber.disconnect();
    return Promise.resolve();
  }

  private receive(text: string): void {
    const message = parseMessage(text);
    if (message !== null && message.sender !== this.sender) this.deliver(message.notice);
  }

  private deliver(notice: Notice): void {
    for (const handler of this.handlers) handler(notice);
  }
}

/** What others put on the channel is checked like any input. */
function parseMessage(text: string): { sender: string; notice: Notice } | null {
  if (text.length > LARGEST_MESSAGE) return null;
  try {
    const { sender, notice } = JSON.parse(text) as { sender?: unknown; notice?: Partial<Notice> };
    if (typeof sender !== 'string' || typeof notice !== 'object' || notice === null) return null;
    const { topic, type, data, at, only } = notice;
    if (topic === undefined || !TOPICS.includes(topic) || typeof type !== 'string' || typeof at !== 'number')
      return null;
    if (only !== undefined && typeof only !== 'string') return null;
    return { sender, notice: { topic, type, data, at, ...(only !== undefined && { only }) } };
  } catch {
    return null;
  }
}
