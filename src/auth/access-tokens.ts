import { createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { NodeKeys } from '../keys/index.js';
import type { Identity } from './identity.js';
import type { RoleName } from './roles.js';

/** Issuer written into and asked of every token. */
export const TOKEN_ISSUER = 'stemma';

/**
 * The secret as a key that is made once: from bytes, jsonwebtoken makes one for every token, after trying whether they are a public
 * key, which costs half of a request.
 */
export function tokenKey(secret: Uint8Array): KeyObject {
  return createSecretKey(secret);
}

/** Makes access tokens: JWTs signed with HS256. */
@Injectable()
export class AccessTokens {
  private readonly jwt: JwtService;

  constructor(keys: NodeKeys) {
    this.jwt = new JwtService({ secret: tokenKey(keys.tokenSecret) });
  }

  /**
   * Who a token speaks for; null when it is forged, expired or not ours. Whether its session still lives is asked of
   * `SessionCheck`.
   */
  verify(token: string): Identity | null {
    try {
      return identityOf(this.jwt.verify<object>(token, { algorithms: ['HS256'], issuer: TOKEN_ISSUER }));
    } catch {
      return null;
    }
  }

  /** A token that carries these roles for a while. @param lifetimeSeconds until it expires */
  issue(identity: Identity, lifetimeSeconds: number): string {
    const { subject: sub, roles, name, session: sid } = identity;
    const payload = { sub, roles, ...(name !== undefined && { name }), ...(sid !== undefined && { sid }) };
    return this.jwt.sign(payload, { algorithm: 'HS256', issuer: TOKEN_ISSUER, expiresIn: lifetimeSeconds });
  }
}

/** What a verified token says; fields it does not have in the right shape make it worthless. */
export function identityOf(payload: unknown): Identity | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const { sub, roles, sid } = payload as { sub?: unknown; roles?: unknown; sid?: unknown };
  if (typeof sub !== 'string' || sub.length > 200 || !Array.isArray(roles)) return null;
  if (sid !== undefined && (typeof sid !== 'string' || !/^ses_[a-z2-7]{26}$/.test(sid))) return null;
  const known: readonly RoleName[] = ['public', 'user', 'contributor', 'node', 'guardian', 'admin'];
  const identity = { subject: sub, roles: known.filter((role) => roles.includes(role)) };
  return sid === undefined ? identity : { ...identity, session: sid };
}
