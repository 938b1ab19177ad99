import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { NodeKeys } from '../keys/index.js';
import { identityOf, TOKEN_ISSUER } from './access-tokens.js';
import type { Identity } from './identity.js';

/** Checks bearer tokens: signature, issuer, expiry; only HS256, so that no token chooses its own algorithm. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(keys: NodeKeys) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: Buffer.from(keys.tokenSecret),
      issuer: TOKEN_ISSUER,
      algorithms: ['HS256'],
    });
  }

  /** Called with the payload of a token whose signature is right. */
  validate(payload: unknown): Identity | false {
    return identityOf(payload) ?? false;
  }
}
