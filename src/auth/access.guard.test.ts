import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import passport from 'passport';
import { JwtService } from '@nestjs/jwt';
import { unwrap } from '../common/index.js';
import { ProblemException } from '../common/problem.js';
import { loadConfig } from '../config/index.js';
import type { NodeKeys } from '../keys/index.js';
import { AccessGuard, type IdentifiedRequest } from './access.guard.js';
import { AccessTokens } from './access-tokens.js';
import type { RoleName } from './roles.js';
import { Roles } from './roles.js';
import { JwtStrategy } from './jwt.strategy.js';

const keys = { tokenSecret: new Uint8Array(32).fill(1) } as NodeKeys;
const tokens = new AccessTokens(keys);

class Resource {
  read(): void {}
  @Roles('admin')
  rule(): void {}
  @Roles('public')
  ask(): void {}
}

beforeAll(() => {
  passport.use('jwt', new JwtStrategy(keys) as unknown as passport.Strategy);
});

async function call(
  handler: keyof Resource,
  request: { method?: string; token?: string },
  singleUser = false,
): Promise<{ status: number; subject: string | undefined }> {
  const config = unwrap(loadConfig({})).with({ host: singleUser ? '127.0.0.1' : '0.0.0.0' });
  const http = {
    method: request.method ?? 'GET',
    headers: request.token === undefined ? {} : { authorization: `Bearer ${request.token}` },
  } as IdentifiedRequest;
  const context = {
    getType: () => 'http',
    getHandler: () => Resource.prototype[handler],
    getClass: () => Resource,
    switchToHttp: () => ({ getRequest: () => http, getResponse: () => ({}) }),
  } as unknown as ExecutionContext;
  try {
    await new AccessGuard(new Reflector(), config).canActivate(context);
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

  it('reads back what it issued, without roles it does not know', () => {
    expect(tokens.verify(tokenFor('user'))).toEqual({ subject: 'anna', roles: ['user'] });
    const strange = new JwtService({ secret: Buffer.from(keys.tokenSecret) });
    expect(
      tokens.verify(strange.sign({ sub: 'a', roles: ['root', 'user'] }, { issuer: 'stemma' }))?.roles,
    ).toEqual(['user']);
    expect(tokens.verify(strange.sign({ roles: ['admin'] }, { issuer: 'stemma' }))).toBeNull();
  });
});
