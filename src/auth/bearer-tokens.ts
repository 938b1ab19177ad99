import { Injectable } from '@nestjs/common';
import { AccessTokens } from './access-tokens.js';
import { ApiKeys } from './api-keys/index.js';
import type { Identity } from './identity.js';
import { SessionCheck } from './sessions/index.js';

/** Every kind of bearer token in one place, for connections that are not HTTP requests. */
@Injectable()
export class BearerTokens {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly sessions: SessionCheck,
    private readonly keys: ApiKeys,
  ) {}

  /** Who a token speaks for now; null when it is worthless. Rejects while the database is away. */
  async identify(token: string): Promise<Identity | null> {
    if (ApiKeys.looksLikeOne(token)) return this.keys.identify(token);
    const identity = this.tokens.verify(token);
    if (identity?.session === undefined) return identity;
    const current = await this.sessions.identify(identity.session);
    return current?.subject === identity.subject ? current : null;
  }
}
