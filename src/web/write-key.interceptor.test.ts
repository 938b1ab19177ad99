import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Controller, Post, Res } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { FastifyReply } from 'fastify';
import { ok } from '../common/index.js';
import { WriteKeyInterceptor } from './write-key.interceptor.js';
import type { WriteAnswer, WriteKeys, WriteScope } from './write-keys.js';

/** Resolves once it is told to. */
function signalled<T = void>() {
  let tell: (value: T) => void = () => undefined;
  const told = new Promise<T>((resolve) => (tell = resolve));
  return { told, tell };
}

let begun = signalled();
let left = signalled();

@Controller()
class Writes {
  /** Sends its first piece, and never another one. */
  @Post(['stream', 'logits'])
  async stream(@Res() reply: FastifyReply): Promise<void> {
    await reply.send(Readable.from(endless(), { objectMode: false }));
  }

  /** Is done only when its client has left. */
  @Post('write')
  async write(@Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    reply.raw.once('close', () => left.tell());
    begun.tell();
    await left.told;
    return { done: true };
  }
}

async function* endless(): AsyncGenerator<string> {
  yield '[';
  await new Promise(() => undefined);
}

describe('the key of a write whose client leaves', () => {
  let app: NestFastifyApplication;
  let url: string;
  let ended = signalled<'released' | WriteAnswer>();
  const claimed: string[] = [];

  beforeAll(async () => {
    const keys = {
      claim: async ({ route }: WriteScope) => (claimed.push(route), ok(null)),
      keep: async (_: WriteScope, answer: WriteAnswer) => ended.tell(answer),
      release: async () => ended.tell('released'),
    } as unknown as WriteKeys;
    const module = await Test.createTestingModule({ controllers: [Writes] }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    app.useGlobalInterceptors(new WriteKeyInterceptor(keys));
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  });
  afterAll(() => app.close());
  beforeEach(() => {
    [begun, left, ended] = [signalled(), signalled(), signalled()];
    claimed.splice(0);
  });

  const post = (path: string, signal: AbortSignal) =>
    fetch(`${url}${path}`, { method: 'POST', headers: { 'idempotency-key': 'k' }, signal });

  it('is free again after a stream that was broken off', async () => {
    const leaving = new AbortController();
    const reply = await post('/stream', leaving.signal);
    expect(await reply.body!.getReader().read()).toMatchObject({ done: false });
    leaving.abort();
    expect(await ended.told).toBe('released');
  });

  it('keeps what was done, so that the client that comes again does not do it twice', async () => {
    const leaving = new AbortController();
    const asked = post('/write', leaving.signal).catch(() => 'left');
    await begun.told;
    leaving.abort();
    expect(await ended.told).toEqual({ status: 201, answer: '{"done":true}' });
    expect(await asked).toBe('left');
  });

  it('is not taken for raw logits', async () => {
    const leaving = new AbortController();
    expect((await post('/logits', leaving.signal)).status).toBe(201);
    leaving.abort();
    expect(claimed).toEqual([]);
  });
});
