import { jest } from '@jest/globals';
import { Conversation, type Question } from './conversation-store.js';

const QUESTION: Question = {
  model: 'genesis',
  prompt: 'Hi',
  withHistory: false,
  parameters: {
    temperature: null,
    top_p: null,
    top_k: null,
    min_p: null,
    repetition_penalty: null,
    max_tokens: null,
    seed: null,
    stop: [],
  },
};

/** A server whose answer the test writes piece by piece. */
function scriptedServer() {
  const bodies: { messages: unknown[] }[] = [];
  const waiting = new Map<number, () => void>();
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  jest.spyOn(globalThis, 'fetch').mockImplementation((_path, init) => {
    bodies.push(JSON.parse(init?.body as string) as { messages: unknown[] });
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        stream = controller;
        init?.signal?.addEventListener('abort', () => controller.error(new DOMException('', 'AbortError')));
      },
    });
    waiting.get(bodies.length)?.();
    return Promise.resolve(new Response(body));
  });
  /** Resolves when so many requests have come. */
  const requests = (count: number): Promise<void> =>
    new Promise((resolve) => (bodies.length >= count ? resolve() : waiting.set(count, resolve)));
  const write = (data: string): void => stream?.enqueue(new TextEncoder().encode(`data: ${data}\n\n`));
  const chunk = (delta: object, rest: object = {}): void =>
    write(JSON.stringify({ id: 'c1', model: 'genesis', choices: [{ index: 0, delta, ...rest }] }));
  return { bodies, requests, write, chunk };
}

async function until(conversation: Conversation, done: () => boolean): Promise<void> {
  if (done()) return;
  await new Promise<void>((resolve) => {
    const unwatch = conversation.watch(() => {
      if (!done()) return;
      unwatch();
      resolve();
    });
  });
}

describe('a conversation', () => {
  let conversation: Conversation;
  const last = () => conversation.current().at(-1);

  beforeEach(() => {
    conversation = new Conversation();
  });

  afterEach(() => jest.restoreAllMocks());

  it('grows with the stream and ends in a finished turn', async () => {
    const server = scriptedServer();
    const asked = conversation.ask(QUESTION);
    expect(last()).toMatchObject({ prompt: 'Hi', answer: '', state: 'waiting' });
    await server.requests(1);
    server.chunk({ content: 'Hel' });
    await until(conversation, () => last()?.answer === 'Hel');
    expect(last()?.state).toBe('streaming');
    server.chunk({ content: 'lo' }, { finish_reason: 'stop', receipt_id: 'rcpt_1' });
    server.write('[DONE]');
    await asked;
    expect(last()).toMatchObject({
      answer: 'Hello',
      state: 'done',
      reason: 'stop',
      receipt: 'rcpt_1',
      id: 'c1',
    });
  });

  it('keeps what arrived when it is stopped, and learns the receipt from the live notice', async () => {
    const server = scriptedServer();
    const asked = conversation.ask(QUESTION);
    await server.requests(1);
    server.chunk({ content: 'Hel' });
    await until(conversation, () => last()?.answer === 'Hel');
    conversation.stop();
    await asked;
    expect(last()).toMatchObject({ answer: 'Hel', state: 'stopped', receipt: null, problem: null });
    conversation.ended('c1', 'rcpt_2', 100);
    expect(last()).toMatchObject({ receipt: 'rcpt_2', tokensPerSecond: 100 });
  });

  it('shows a failure with its code and goes on with the next question', async () => {
    jest
      .spyOn(globalThis, 'fetch')
      .mockResolvedValue(
        new Response(JSON.stringify({ code: 'BLOCK_CORRUPT', detail: 'layer0.expert1' }), { status: 503 }),
      );
    await conversation.ask(QUESTION);
    expect(last()).toMatchObject({ state: 'failed', problem: { code: 'BLOCK_CORRUPT' } });
    await conversation.ask(QUESTION);
    expect(conversation.current()).toHaveLength(2);
  });

  it('sends earlier turns along only when asked to', async () => {
    const server = scriptedServer();
    for (const withHistory of [false, false, true]) {
      const asked = conversation.ask({ ...QUESTION, withHistory });
      const count = conversation.current().length;
      await server.requests(count);
      server.chunk({ content: 'Yes' }, { finish_reason: 'stop' });
      server.write('[DONE]');
      await asked;
    }
    expect(server.bodies.map(({ messages }) => messages.length)).toEqual([1, 1, 5]);
  });
});
