import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { AppConfig } from '../../config/index.js';

const LONGEST_RETRY_MS = 5_000;

/** What is left after one more. */
export interface Taken {
  readonly allowed: boolean;
  /** How often it was taken in this window, this time included. */
  readonly count: number;
  /** ms until the window begins anew. */
  readonly resetMs: number;
}

/** Counts per key within windows of time. */
export interface Limiter {
  /** Counts one; refused ones count too. @param seconds length of a window that begins now, the limiter's own when absent */
  take(key: string, seconds?: number): Promise<Taken>;
  /** Takes one count back. */
  giveBack(key: string): Promise<void>;
  /** Begins anew. */
  forget(key: string): Promise<void>;
}

/** Makes limiters: in Redis where there is one, so that replicas count together, else in memory. */
@Injectable()
export class Limiters implements OnModuleDestroy {
  private readonly logger = new Logger('RateLimits');
  private readonly redis: Redis | null;

  constructor({ redisUrl }: AppConfig) {
    this.redis = redisUrl === null ? null : this.connect(redisUrl);
  }

  /** A limiter of so many per window. @param name tells its keys from those of other limiters */
  create(name: string, points: number, seconds: number): Limiter {
    const options = { keyPrefix: `stemma:${name}`, points, duration: seconds };
    const memory = new RateLimiterMemory(options);
    const limiter =
      this.redis === null
        ? memory
        : new RateLimiterRedis({
            ...options,
            storeClient: this.redis,
            insuranceLimiter: memory,
            rejectIfRedisNotReady: true,
          });
    return {
      take: (key, own) =>
        taken(limiter.consume(key, 1, own === undefined ? {} : { customDuration: own }), own ?? seconds),
      giveBack: async (key) => void (await limiter.reward(key)),
      forget: async (key) => void (await limiter.delete(key)),
    };
  }

  /** Whether they count in Redis, as far as it can be reached. */
  get shared(): boolean {
    return this.redis !== null;
  }

  /** Asks Redis for an answer; rejects where there is no connection. */
  async ping(): Promise<void> {
    await this.redis?.ping();
  }

  onModuleDestroy(): void {
    this.redis?.disconnect();
  }

  /** While Redis is away everybody counts alone; that is said once. */
  private connect(url: string): Redis {
    const redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      retryStrategy: (attempt) => Math.min(attempt * 200, LONGEST_RETRY_MS),
    });
    let warned = false;
    redis.on('error', () => {
      if (!warned)
        this.logger.warn('Redis cannot be reached: requests are counted per process until it is back');
      warned = true;
    });
    redis.on('ready', () => (warned = false));
    redis.connect().catch(() => undefined);
    return redis;
  }
}

async function taken(consumed: Promise<RateLimiterRes>, seconds: number): Promise<Taken> {
  const [allowed, result] = await consumed.then(
    (value) => [true, value] as const,
    (refused: unknown) => {
      if (refused instanceof RateLimiterRes) return [false, refused] as const;
      throw refused;
    },
  );
  // windows end by timers; only what is left of one is counted by the wall clock, which may have been set back
  const resetMs = Math.min(seconds * 1000, Math.max(0, result.msBeforeNext));
  return { allowed, count: result.consumedPoints, resetMs };
}
