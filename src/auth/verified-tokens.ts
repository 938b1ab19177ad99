import type { Identity } from './identity.js';

/** Tokens remembered at most; the one that was verified longest ago goes first. */
const MOST_TOKENS = 10_000;

interface Verified {
  readonly identity: Identity;
  /** `exp` of the token, s since the epoch. */
  readonly expiresAt: number;
}

/**
 * Tokens whose signature was found right, so that it is computed once and not with every request. Only what the bytes of a token
 * say is remembered here: whether its session lives, and what its account may do, is asked anew each time.
 */
export class VerifiedTokens {
  private readonly verified = new Map<string, Verified>();

  constructor(private readonly now: () => number = Date.now) {}

  /** What a token says; null when it is not known, or has expired. */
  find(token: string): Identity | null {
    const known = this.verified.get(token);
    if (known === undefined) return null;
    // As jsonwebtoken compares: in whole seconds.
    if (Math.floor(this.now() / 1000) < known.expiresAt) return known.identity;
    this.verified.delete(token);
    return null;
  }

  /** Remembers a token that was just verified; one that does not expire, or is not valid yet, is verified each time. */
  add(
    token: string,
    identity: Identity,
    { exp, nbf }: { readonly exp?: unknown; readonly nbf?: unknown },
  ): void {
    if (typeof exp !== 'number' || nbf !== undefined) return;
    this.verified.set(token, { identity, expiresAt: exp });
    if (this.verified.size > MOST_TOKENS) this.verified.delete(this.verified.keys().next().value as string);
  }
}
