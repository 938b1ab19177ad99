import { Injectable, SetMetadata, type CustomDecorator } from '@nestjs/common';
import { AppConfig } from '../../config/index.js';
import { TIERS, type Tier } from '../accounts/index.js';
import type { Identity } from '../identity.js';
import { addressGroup } from './address-group.js';
import { Limiters, type Limiter } from './limiters.js';

const WINDOW_SECONDS = 60;

/** Where the guard finds what `Unlimited` said. */
export const UNLIMITED_METADATA = 'stemma:unlimited';

/** Leaves a controller out of the rate limits: what monitoring asks must always be answered. */
export function Unlimited(): CustomDecorator<string> {
  return SetMetadata(UNLIMITED_METADATA, true);
}

/** What a caller may still ask for. */
export interface Allowance {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the whole limit is there again. */
  readonly resetSeconds: number;
}

/** Requests per minute: of an account by its tier, of everybody else by network address. */
@Injectable()
export class RateLimits {
  private readonly byTier: Readonly<Record<Tier, readonly [Limiter, number]>>;
  private readonly byAddress: readonly [Limiter, number];

  constructor(config: AppConfig, limiters: Limiters) {
    const { rateLimitNewbie: newbie, rateLimitTrusted: trusted, rateLimitExpert: expert } = config;
    const points = { newbie, trusted, expert };
    const create = (name: string, limit: number) =>
      [limiters.create(`rate-${name}`, limit, WINDOW_SECONDS), limit] as const;
    this.byTier = Object.fromEntries(
      TIERS.map((tier) => [tier, create(tier, points[tier])]),
    ) as unknown as RateLimits['byTier'];
    this.byAddress = create('address', config.rateLimitAddress);
  }

  /** Counts a request. Null for the operator's own tokens, which have no account and no limit. */
  async take(identity: Identity, address: string): Promise<Allowance | null> {
    if (identity.tier !== undefined) return count(this.byTier[identity.tier], identity.subject);
    return identity.roles.includes('public') ? this.takeAddress(address) : null;
  }

  /** Counts a request of somebody who could not be identified. */
  takeAddress(address: string): Promise<Allowance> {
    return count(this.byAddress, addressGroup(address));
  }
}

async function count([limiter, limit]: readonly [Limiter, number], key: string): Promise<Allowance> {
  const { allowed, count: used, resetMs } = await limiter.take(key);
  return {
    allowed,
    limit,
    remaining: Math.max(0, limit - used),
    resetSeconds: Math.max(1, Math.ceil(resetMs / 1000)),
  };
}
