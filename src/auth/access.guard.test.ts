import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import passport from 'passport';
import { JwtService } from '@nestjs/jwt';
import { unwrap } from '../common/index.js';
import { AccessPatterns } from '../common/observation/access-patterns.js';
import { ProblemException } from '../common/problem.js';
import { loadConfig } from '../config/index.js';
import type { NodeKeys } from '../keys/index.js';
import { AccessGuard, type AddressedRequest } from './access.guard.js';
import { AccessTokens } from './access-tokens.js';
import type { RoleName } from './roles.js';
import { Roles } from './roles.js';
import { NeedsScope } from './scopes.js';
import { JwtStrategy } from './jwt.strategy.js';
import type { ApiKeys } from './api-keys/index.js';
import { Limiters, OwnLimit, RateLimits } from './limits/index.js';
import type { SessionCheck } from './sessions/index.js';

const keys = { tokenSecret: new Uint8Array(32).fill(1) } as NodeKeys;
const tokens = new AccessTokens(keys);
const SESSION = `ses_${'a'.repeat(26)}`;
/** Sessions that have ended. */
const ended = new Set<string>();
/** One session lives, and its account has become a contributor since the token was made. */
const sessions = {
  identify: async (id: string) =>
    id === SESSION && !ended.has(id)
      ? { subject: 'anna', roles: ['user', 'contributor'], tier: 'newbie', session: id }
      : null,
} as unknown as SessionCheck;
/** Every key belongs to an admin; what follows `stk_` is its scope. */
const apiKeys = {
  identify: async (key: string) =>
    key === 'stk_wrong'
      ? null
      : { subject: 'bert', roles: ['admin'], tier: 'newbie', scopes: [key.slice(4)] },
} as unknown as ApiKeys;

const patterns = new AccessPatterns();

class Resource {
  read(): void {}
  @Roles('admin')
  rule(): void {}
  @Roles('public')
  ask(): void {}

  @NeedsScope('inference')
  infer(): void {}

  @Roles('user')
  @NeedsScope('session')
  sign(): void {}

  @Roles('guardian')
  @OwnLimit('halt', 2)
  halt(): void {}
}

const strategy = new JwtStrategy(keys, sessions);

beforeAll(() => {
  passport.use('jwt', strategy as unknown as passport.Strategy);
});

function freshLimits(perMinute = 100): RateLimits {
  const config = unwrap(loadConfig({})).with({ rateLimitNewbie: perMinute });
  return new RateLimits(config, new Limiters(config));
}

async function call(
  handler: keyof Resource,
  request: { method?: string; token?: string },
  singleUser = false,
  limits = freshLimits(),
): Promise<{ status: number; subject: string | undefined }> {
  const config = unwrap(loadConfig({})).with({ host: singleUser ? '127.0.0.1' : '0.0.0.0' });
  const http = {
    ip: '127.0.0.1',
    method: request.method ?? 'GET',
    headers: request.token === undefined ? {} : { authorization: `Bearer ${request.token}` },
  } as AddressedRequest;
  const context = {
    getType: () => 'http',
    getHandler: () => Resource.prototype[handler],
    getClass: () => Resource,
    switchToHttp: () => ({ getRequest: () => http, getResponse: () => ({ headers: () => undefined }) }),
  } as unknown as ExecutionContext;
  try {
    await new AccessGuard(new Reflector(), config, apiKeys, limits, strategy, patterns).canActivate(context);
    return { status: 200, subject: http.identity?.subject };
  } catch (thrown) {
    if (thrown instanceof ProblemException) return { status: thrown.getStatus(), subject: undefined };
    throw thrown;
  }
}

const tokenFor = (...roles: RoleName[]) => tokens.issue({ subject: 'anna', roles }, 60);

describe('access', () => {
  it('lets everybody do everything on their own machine', async () => {
    expect(await call('rule', { method: 'POST' }, true)).toEqual({ status: 200, subject: 'local' });
  });

  it('lets anybody read, and change only with a token', async () => {
    expect(await call('read', {})).toEqual({ status: 200, subject: 'anonymous' });
    expect((await call('read', { method: 'POST' })).status).toBe(401);
    expect(await call('read', { method: 'POST', token: tokenFor('user') })).toEqual({
      status: 200,
      subject: 'anna',
    });
  });

  it('asks for the role a handler names', async () => {
    expect((await call('rule', {})).status).toBe(401);
    expect((await call('rule', { token: tokenFor('user', 'guardian') })).status).toBe(403);
    expect((await call('rule', { token: tokenFor('admin') })).status).toBe(200);
    expect((await call('ask', { method: 'POST' })).status).toBe(200);
  });

  it.each([
    [
      'forged',
      new JwtService({ secret: 'x'.repeat(32) }).sign(
        { sub: 'anna', roles: ['admin'] },
        { issuer: 'stemma' },
      ),
    ],
    ['expired', tokens.issue({ subject: 'anna', roles: ['admin'] }, -1)],
    ['unsigned', `${btoa('{"alg":"none"}')}.${btoa('{"sub":"anna","roles":["admin"],"iss":"stemma"}')}.`],
    [
      'of somebody else',
      new JwtService({ secret: Buffer.from(keys.tokenSecret) }).sign({ sub: 'a', roles: ['admin'] }),
    ],
    ['no token', 'x'],
  ])('refuses a token that is %s, also where none is needed', async (_kind, token) => {
    expect((await call('read', { token })).status).toBe(401);
    expect(tokens.verify(token)).toBeNull();
  });

  it('takes a token of a session only while it lives, with the roles of now', async () => {
    const token = (session: string, subject = 'anna') =>
      tokens.issue({ subject, roles: ['admin'], session }, 60);
    expect((await call('infer', { method: 'POST', token: token(SESSION) })).status).toBe(200);
    expect((await call('rule', { token: token(SESSION) })).status).toBe(403);
    expect((await call('read', { token: token(`ses_${'b'.repeat(26)}`) })).status).toBe(401);
    expect((await call('read', { token: token(SESSION, 'mallory') })).status).toBe(401);
    expect((await call('read', { token: token('ses_1') })).status).toBe(401);
  });

  it('refuses a token that it took before once its session has ended', async () => {
    const token = tokens.issue({ subject: 'anna', roles: ['user'], session: SESSION }, 60);
    expect((await call('read', { token })).status).toBe(200);
    ended.add(SESSION);
    expect((await call('read', { token })).status).toBe(401);
    ended.clear();
    expect((await call('read', { token })).status).toBe(200);
  });

  it('asks anew what reading and writing need of the same handler', async () => {
    expect((await call('read', {})).status).toBe(200);
    expect((await call('read', { method: 'DELETE' })).status).toBe(401);
    expect((await call('read', {})).status).toBe(200);
  });

  it('lets a key do what its scopes say, and see no more than everybody beyond them', async () => {
    const post = (handler: keyof Resource, token: string) => call(handler, { method: 'POST', token });
    expect(await post('infer', 'stk_inference')).toEqual({ status: 200, subject: 'bert' });
    expect((await post('infer', 'stk_read')).status).toBe(403);
    expect((await post('rule', 'stk_inference')).status).toBe(403);
    expect((await post('rule', 'stk_admin')).status).toBe(200);
    expect((await post('infer', 'stk_wrong')).status).toBe(401);
    expect(await call('read', { token: 'stk_read' })).toEqual({ status: 200, subject: 'bert' });
    expect(await call('read', { token: 'stk_inference' })).toEqual({ status: 200, subject: 'anonymous' });
  });

  it('lets those who may call what has a limit of its own, however much else they asked for', async () => {
    const limits = freshLimits(1);
    const ask = async (handler: keyof Resource, token: string) =>
      (await call(handler, { method: 'POST', token }, false, limits)).status;
    expect([await ask('rule', 'stk_admin'), await ask('rule', 'stk_admin')]).toEqual([200, 429]);
    expect([await ask('halt', 'stk_admin'), await ask('halt', 'stk_admin')]).toEqual([200, 200]);
    expect(await ask('halt', 'stk_admin')).toBe(429);
    // whoever may not is counted like everywhere
    const person = tokens.issue({ subject: 'anna', roles: ['user'], session: SESSION }, 60);
    expect([await ask('halt', person), await ask('halt', person)]).toEqual([403, 429]);
  });

  it('asks for a person where nothing else will do', async () => {
    const person = tokens.issue({ subject: 'anna', roles: ['user'], session: SESSION }, 60);
    expect((await call('sign', { token: person })).status).toBe(200);
    expect((await call('sign', { token: tokenFor('admin') })).status).toBe(403);
    expect((await call('sign', { token: 'stk_admin' })).status).toBe(403);
    expect((await call('sign', {}, true)).status).toBe(409);
  });

  it('reads back what it issued, without roles it does not know', () => {
    expect(tokens.verify(tokenFor('user'))).toEqual({ subject: 'anna', roles: ['user'] });
    const strange = new JwtService({ secret: Buffer.from(keys.tokenSecret) });
    expect(
      tokens.verify(strange.sign({ sub: 'a', roles: ['root', 'user'] }, { issuer: 'stemma' }))?.roles,
    ).toEqual(['user']);
    expect(tokens.verify(strange.sign({ roles: ['admin'] }, { issuer: 'stemma' }))).toBeNull();
  });
});
