import { Redis, type RedisOptions } from 'ioredis';

/** How long an answer may take, ms. Whoever asks can do without it: a Redis that hangs must not hold up what people ask for. */
const ANSWER_WITHIN_MS = 500;
const LONGEST_RETRY_MS = 5_000;
const TIMED_OUT = 'Command timed out';

/** What all connections have in common: they come back by themselves, and one that is given up is gone soon. */
export const REDIS_WAYS: RedisOptions = {
  lazyConnect: true,
  disconnectTimeout: ANSWER_WITHIN_MS,
  retryStrategy: (attempt) => Math.min(attempt * 200, LONGEST_RETRY_MS),
};

/**
 * A connection to a Redis that may be away, or take connections and never answer. A question fails at once while there is no
 * connection. One that is not answered in time gives the connection up, and nobody waits again until a new one has answered.
 */
export class RedisConnection {
  readonly client: Redis;
  private givenUp = false;

  /** @param onTrouble told whenever Redis cannot be reached */
  constructor(url: string, onTrouble: (detail: string) => void) {
    this.client = new Redis(url, {
      ...REDIS_WAYS,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: ANSWER_WITHIN_MS,
    });
    this.client.on('error', (error: Error) => onTrouble(error.message));
    this.client.on('close', () => (this.givenUp = false));
    this.client.connect().catch(() => undefined);
  }

  /** Asks Redis. Rejects with what `question` rejects with, within half a second where nobody answers. */
  async ask<T>(question: (client: Redis) => Promise<T>): Promise<T> {
    try {
      return await question(this.client);
    } catch (thrown) {
      if (thrown instanceof Error && thrown.message === TIMED_OUT) this.giveUp();
      throw thrown;
    }
  }

  /** Ends the connection for good. */
  close(): void {
    this.client.disconnect();
  }

  /** Once for each connection, however many questions were under way. */
  private giveUp(): void {
    if (this.givenUp || this.client.status !== 'ready') return;
    this.givenUp = true;
    this.client.disconnect(true);
  }
}
