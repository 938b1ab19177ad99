import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import {
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import { RedisConnection } from '../../common/redis-connection.js';
import { AppConfig } from '../../config/index.js';

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
  private readonly redis: RedisConnection | null;

  constructor({ redisUrl }: AppConfig) {
    this.redis = redisUrl === null ? null : this.connect(redisUrl);
  }

  /** A limiter of so many per window. @param name tells its keys from those of other limiters */
  create(name: string, points: number, seconds: number): Limiter {
    const { redis } = this;
    if (redis === null) return this.createLocal(name, points, seconds);
    const options = optionsOf(name, points, seconds);
    const memory = new RateLimiterMemory(options);
    const shared = new RateLimiterRedis({
      ...options,
      storeClient: redis.client,
      rejectIfRedisNotReady: true,
    });
    return limiterOf(seconds, (use) =>
      redis
        .ask(() => use(shared))
        .catch((thrown: unknown) => {
          if (thrown instanceof RateLimiterRes) throw thrown;
          return use(memory);
        }),
    );
  }

  /** A limiter of this process alone, which waits for nothing outside it. */
  createLocal(name: string, points: number, seconds: number): Limiter {
    const memory = new RateLimiterMemory(optionsOf(name, points, seconds));
    return limiterOf(seconds, (use) => use(memory));
  }

  /** Whether they count in Redis, as far as it can be reached. */
  get shared(): boolean {
    return this.redis !== null;
  }

  /** Asks Redis for an answer; rejects where there is no connection. */
  async ping(): Promise<void> {
    await this.redis?.ask((client) => client.ping());
  }

  onModuleDestroy(): void {
    this.redis?.close();
  }

  /** While Redis is away everybody counts alone; that is said once. */
  private connect(url: string): RedisConnection {
    let warned = false;
    const redis = new RedisConnection(url, () => {
      if (!warned)
        this.logger.warn('Redis cannot be reached: requests are counted per process until it is back');
      warned = true;
    });
    redis.client.on('ready', () => (warned = false));
    return redis;
  }
}

function optionsOf(name: string, points: number, seconds: number) {
  return { keyPrefix: `stemma:${name}`, points, duration: seconds };
}

/** @param count lets one of the limiters behind it count */
function limiterOf(
  seconds: number,
  count: <T>(use: (limiter: RateLimiterAbstract) => Promise<T>) => Promise<T>,
): Limiter {
  return {
    take: (key, own) =>
      taken(
        count((limiter) => limiter.consume(key, 1, own === undefined ? {} : { customDuration: own })),
        own ?? seconds,
      ),
    giveBack: async (key) => void (await count((limiter) => limiter.reward(key))),
    forget: async (key) => void (await count((limiter) => limiter.delete(key))),
  };
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
