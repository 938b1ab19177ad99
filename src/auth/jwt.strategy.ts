import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { NodeKeys } from '../keys/index.js';
import { identityOf, TOKEN_ISSUER, tokenKey } from './access-tokens.js';
import type { Identity } from './identity.js';
import { SessionCheck } from './sessions/index.js';

/**
 * Checks bearer tokens: signature, issuer, expiry; only HS256, so that no token chooses its own algorithm. One of a session
 * counts only while the session lives, and with the roles its account has now.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    keys: NodeKeys,
    private readonly sessions: SessionCheck,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      // Handed on to jsonwebtoken, which takes key objects; the types here know bytes only.
      secretOrKey: tokenKey(keys.tokenSecret) as unknown as Buffer,
      issuer: TOKEN_ISSUER,
      algorithms: ['HS256'],
    });
  }

  /** Called with the payload of a token whose signature is right. */
  async validate(payload: unknown): Promise<Identity | false> {
    const identity = identityOf(payload);
    if (identity?.session === undefined) return identity ?? false;
    const current = await this.sessions.identify(identity.session);
    return current?.subject === identity.subject ? current : false;
  }
}
