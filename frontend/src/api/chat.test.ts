import { jest } from '@jest/globals';
import { streamChat, type ChatEvent, type ChatParameters } from './chat.js';

const PARAMETERS: ChatParameters = {
  temperature: 0.5,
  top_p: null,
  top_k: null,
  min_p: null,
  repetition_penalty: null,
  max_tokens: null,
  seed: 7,
  stop: [],
};

const HEAD = { id: 'chatcmpl-1', model: 'genesis' };

function answerWith(response: Response): { requests: { path: string; body: unknown }[] } {
  const requests: { path: string; body: unknown }[] = [];
  jest.spyOn(globalThis, 'fetch').mockImplementation((path, init) => {
    requests.push({ path: path as string, body: JSON.parse(init?.body as string) });
    return Promise.resolve(response);
  });
  return { requests };
}

function events(...chunks: unknown[]): Response {
  const text = chunks.map(
    (chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`,
  );
  return new Response(text.join(''), { headers: { 'content-type': 'text/event-stream' } });
}

async function collect(): Promise<ChatEvent[]> {
  const collected: ChatEvent[] = [];
  const signal = new AbortController().signal;
  for await (const event of streamChat('genesis', [{ role: 'user', content: 'Hi' }], PARAMETERS, signal))
    collected.push(event);
  return collected;
}

describe('a streamed answer', () => {
  afterEach(() => jest.restoreAllMocks());

  it('gives out text, end, receipt and usage, and sends only the parameters that are set', async () => {
    const { requests } = answerWith(
      events(
        { ...HEAD, choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
        { ...HEAD, choices: [{ index: 0, delta: { content: 'Hello' } }] },
        { ...HEAD, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], receipt_id: 'rcpt_1' },
        { ...HEAD, choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } },
        '[DONE]',
      ),
    );
    expect(await collect()).toEqual([
      { type: 'started', id: 'chatcmpl-1', model: 'genesis' },
      { type: 'text', text: 'Hello' },
      { type: 'finished', reason: 'stop' },
      { type: 'receipt', id: 'rcpt_1' },
      { type: 'usage', promptTokens: 3, completionTokens: 2 },
    ]);
    expect(requests).toEqual([
      {
        path: '/v1/chat/completions',
        body: {
          model: 'genesis',
          messages: [{ role: 'user', content: 'Hi' }],
          stream: true,
          stream_options: { include_usage: true },
          temperature: 0.5,
          seed: 7,
        },
      },
    ]);
  });

  it('throws the refusal of a server that is busy, with the time to wait', async () => {
    const body = JSON.stringify({ code: 'QUEUE_FULL', detail: 'Too many.', request_id: 'req_1' });
    answerWith(new Response(body, { status: 429, headers: { 'retry-after': '3' } }));
    await expect(collect()).rejects.toMatchObject({
      status: 429,
      code: 'QUEUE_FULL',
      detail: 'Too many.',
      requestId: 'req_1',
      retryAfterSeconds: 3,
    });
  });

  it('throws an error that comes in the middle', async () => {
    answerWith(events({ ...HEAD, choices: [] }, { error: { code: 'ENGINE_RESTARTED', message: 'Again.' } }));
    await expect(collect()).rejects.toMatchObject({ code: 'ENGINE_RESTARTED', detail: 'Again.' });
  });

  it('does not take a stream that breaks off for an answer', async () => {
    answerWith(events({ ...HEAD, choices: [{ index: 0, delta: { content: 'Hel' } }] }));
    await expect(collect()).rejects.toMatchObject({ code: 'STREAM_BROKEN' });
  });
});
