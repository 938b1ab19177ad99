import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { NodeKeys } from '../keys/index.js';
import { identityOf, TOKEN_ISSUER, tokenKey } from './access-tokens.js';
import type { Identity } from './identity.js';
import { SessionCheck } from './sessions/index.js';
import { VerifiedTokens } from './verified-tokens.js';

interface TokenRequest {
  readonly headers: { readonly authorization?: string };
}

const BEARER = /^bearer +(\S+)$/i;

/**
 * Checks bearer tokens: signature, issuer, expiry; only HS256, so that no token chooses its own algorithm. One of a session
 * counts only while the session lives, and with the roles its account has now.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  private readonly verified = new VerifiedTokens();

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
      passReqToCallback: true,
    });
  }

  /** Called with the payload of a token whose signature is right. */
  async validate({ headers }: TokenRequest, payload: object): Promise<Identity | false> {
    const identity = identityOf(payload);
    if (identity === null) return false;
    const token = BEARER.exec(headers.authorization ?? '')?.[1];
    if (token !== undefined) this.verified.add(token, identity, payload);
    return (await this.current(identity)) ?? false;
  }

  /** Who a token that was verified before speaks for now; null when it must be verified, or its session has ended. */
  async recognise(token: string): Promise<Identity | null> {
    const identity = this.verified.find(token);
    return identity === null ? null : this.current(identity);
  }

  private async current(identity: Identity): Promise<Identity | null> {
    if (identity.session === undefined) return identity;
    const current = await this.sessions.identify(identity.session);
    return current?.subject === identity.subject ? current : null;
  }
}
