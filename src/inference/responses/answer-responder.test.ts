import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import { ok } from '../../common/index.js';
import type { Answer, PreparedAnswer } from '../answers/answer-request.js';
import type { AnswerListener, InferenceService } from '../answers/inference.service.js';
import type { KeptAnswer } from '../idempotency/kept-answers.js';
import type { AnswerFormat } from './answer-format.js';
import { AnswerResponder } from './answer-responder.js';

const format = {
  whole: ([{ text }]: readonly Answer[]) => ({ text }),
  open: () => 'open',
  delta: ({ text }: { readonly text: string }) => text,
  close: () => 'close',
  usage: () => null,
} as unknown as AnswerFormat;

/** Answers a client that goes away before the answer is over. @returns what was kept, and what was sent */
async function leave(way: 'whole' | 'stream', finish: Answer['finish']) {
  const sent: unknown[] = [];
  const note = (text: unknown) => sent.push(text);
  const raw = Object.assign(new EventEmitter(), {
    ...{ destroyed: false, writableFinished: false, writableEnded: false, writableLength: 0 },
    ...{ write: note, writeHead: () => undefined, end: () => note('end') },
    destroy: () => undefined,
  });
  const reply = Object.assign(
    { raw, request: { headers: {} }, hijack: () => undefined, getHeaders: () => ({}), send: note },
    { status: () => reply, header: () => reply },
  ) as unknown as FastifyReply;
  const run = (_: PreparedAnswer, { on }: AnswerListener) => {
    on({ choice: 0, text: 'The ', tokens: [] });
    raw.destroyed = true;
    raw.emit('close');
    on({ choice: 0, text: 'fox', tokens: [] });
    return Promise.resolve(ok([{ text: 'The fox', finish, receipt: { id: 'rcpt_1' } }]));
  };
  const keep = jest.fn((_: KeptAnswer) => Promise.resolve());
  const sut = new AnswerResponder({ run } as unknown as InferenceService);
  await sut[way](reply, 'x', {} as PreparedAnswer, format, keep);
  return { kept: keep.mock.calls.map(([{ body, receipt }]) => [body, receipt]), sent };
}

describe('an answer whose client is gone', () => {
  it('is kept where it is complete, so that the same request is not paid for again', async () => {
    expect(await leave('whole', 'stop')).toEqual({ kept: [['{"text":"The fox"}', 'rcpt_1']], sent: [] });
    const events = ['open', 'The ', 'fox', 'close', '[DONE]'].map((data) => `data: ${data}\n\n`);
    expect(await leave('stream', 'length')).toEqual({
      ...{ kept: [[events.join(''), 'rcpt_1']], sent: events.slice(0, 2) },
    });
  });

  it.each(['whole', 'stream'] as const)('is not kept where that cut it off: %s', async (way) => {
    expect((await leave(way, 'cancelled')).kept).toEqual([]);
  });
});
