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

/** Where the guard finds what `OwnLimit` said. */
export const OWN_LIMIT_METADATA = 'stemma:own-limit';

/** A limit that nothing but one endpoint uses up: calls per minute of an account, in each process. */
export interface OwnLimit {
  readonly name: string;
  readonly perMinute: number;
}

/**
 * Gives an endpoint a limit of its own: whoever may call it may do so however much else was asked, and whether or not Redis
 * answers.
 */
export function OwnLimit(name: string, perMinute: number): CustomDecorator<string> {
  return SetMetadata(OWN_LIMIT_METADATA, { name, perMinute } satisfies OwnLimit);
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
  private readonly own = new Map<string, readonly [Limiter, number]>();

  constructor(
    config: AppConfig,
    private readonly limiters: Limiters,
  ) {
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

  /** Counts a request by the limit of its endpoint. Null for the operator's own tokens. */
  async takeOwn({ name, perMinute }: OwnLimit, { tier, subject }: Identity): Promise<Allowance | null> {
    if (tier === undefined) return null;
    const known = this.own.get(name);
    const limit = known ?? [this.limiters.createLocal(`own-${name}`, perMinute, WINDOW_SECONDS), perMinute];
    if (known === undefined) this.own.set(name, limit);
    return count(limit, subject);
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
