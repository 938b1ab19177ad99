import type { CallHandler, ExecutionContext } from '@nestjs/common';
import { from, lastValueFrom, of, throwError } from 'rxjs';
import { CodedError } from '../../src/common/index.js';
import { ProblemException } from '../../src/common/problem.js';
import { WriteKeyInterceptor } from '../../src/web/write-key.interceptor.js';
import { WriteKeys } from '../../src/web/write-keys.js';
import { openTestDatabase } from '../support/index.js';

describe('idempotency keys of writes', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let interceptor: WriteKeyInterceptor;
  beforeAll(async () => {
    database = await openTestDatabase();
    interceptor = new WriteKeyInterceptor(new WriteKeys(database.dataSource));
  });
  afterAll(() => database.close());

  interface Call {
    readonly key?: string;
    readonly body?: unknown;
    readonly method?: string;
    readonly url?: string;
    readonly subject?: string;
  }

  /** Sends a request through the interceptor to a handler. */
  async function send(call: Call, handle: CallHandler['handle']) {
    const headers: Record<string, string> = {};
    const reply = {
      sent: false,
      raw: { headersSent: false },
      statusCode: 201,
      status: (code: number) => ((reply.statusCode = code), reply),
      header: (name: string, value: string) => ((headers[name] = value), reply),
    };
    const request = {
      method: call.method ?? 'POST',
      url: call.url ?? '/chain/B/blocks',
      headers: call.key === undefined ? {} : { 'idempotency-key': call.key },
      body: call.body ?? { a: 1 },
      identity: { subject: call.subject ?? 'anna', roles: [] },
    };
    const context = {
      getType: () => 'http',
      switchToHttp: () => ({ getRequest: () => request, getResponse: () => reply }),
    } as unknown as ExecutionContext;
    try {
      const value: unknown = await lastValueFrom(await interceptor.intercept(context, { handle }));
      return { value, status: reply.statusCode, replayed: headers['idempotency-replayed'] === 'true' };
    } catch (thrown) {
      if (thrown instanceof CodedError || thrown instanceof ProblemException) return { code: thrown.code };
      throw thrown;
    }
  }

  /** A handler that counts how often it was asked. */
  function counting() {
    const handler = { calls: 0, handle: () => of({ call: ++handler.calls }) };
    return handler;
  }

  it('does a repeated write once and answers the same', async () => {
    const { handle } = counting();
    expect(await send({ key: 'once' }, handle)).toEqual({ value: { call: 1 }, status: 201, replayed: false });
    expect(await send({ key: 'once' }, handle)).toEqual({ value: { call: 1 }, status: 201, replayed: true });
  });

  it('refuses the key for another body, and keeps accounts and addresses apart', async () => {
    const { handle } = counting();
    await send({ key: 'mine' }, handle);
    expect(await send({ key: 'mine', body: { a: 2 } }, handle)).toEqual({ code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(await send({ key: 'mine', subject: 'berta' }, handle)).toMatchObject({ value: { call: 2 } });
    expect(await send({ key: 'mine', url: '/chain/A/blocks' }, handle)).toMatchObject({ value: { call: 3 } });
  });

  it('lets only one of many at the same time do the work', async () => {
    let calls = 0;
    let finish: (value: unknown) => void = () => undefined;
    const finished = new Promise((resolve) => (finish = resolve));
    const slow = () => {
      calls++;
      return from(finished);
    };
    const all = Array.from({ length: 8 }, () => send({ key: 'race' }, slow));
    await Promise.race(all);
    finish({ done: true });
    const outcomes = await Promise.all(all);
    expect(calls).toBe(1);
    const others = outcomes.filter((outcome) => !('value' in outcome && !outcome.replayed));
    expect(others).toHaveLength(7);
    for (const outcome of others) {
      if ('code' in outcome) expect(outcome.code).toBe('IDEMPOTENCY_KEY_BUSY');
      else expect(outcome).toMatchObject({ value: { done: true }, replayed: true });
    }
  });

  it('forgets what failed, so that it can be tried again', async () => {
    const failing = () => throwError(() => new CodedError('BLOCK_HASH', 'no'));
    expect(await send({ key: 'again' }, failing)).toEqual({ code: 'BLOCK_HASH' });
    expect(await send({ key: 'again' }, counting().handle)).toMatchObject({
      value: { call: 1 },
      replayed: false,
    });
  });

  it('does again what a killed server never finished, and what is older than a day', async () => {
    const { handle } = counting();
    await send({ key: 'left' }, handle);
    const age = (change: string) =>
      database.dataSource.query(`UPDATE write_keys SET ${change} WHERE key = 'left'`);
    await age(`status = NULL, created_at = now() - interval '1 minute'`);
    expect(await send({ key: 'left' }, handle)).toEqual({ code: 'IDEMPOTENCY_KEY_BUSY' });
    await age(`created_at = now() - interval '3 minutes'`);
    expect(await send({ key: 'left' }, handle)).toMatchObject({ value: { call: 2 } });
    await age(`created_at = now() - interval '25 hours'`);
    expect(await send({ key: 'left' }, handle)).toMatchObject({ value: { call: 3 } });
  });

  it.each<Call>([
    {},
    { key: 'x', method: 'GET' },
    { key: 'x', url: '/v1/completions' },
    { key: 'x', url: '/chat' },
    { key: 'x', url: '/logits' },
  ])('leaves %p alone', async (call) => {
    const { handle } = counting();
    await send(call, handle);
    expect(await send(call, handle)).toMatchObject({ value: { call: 2 } });
  });

  it.each(['', 'a b', 'x'.repeat(256), 'é'])('refuses the key %p', async (key) => {
    expect(await send({ key }, counting().handle)).toEqual({ code: 'IDEMPOTENCY_KEY_INVALID' });
  });
});
