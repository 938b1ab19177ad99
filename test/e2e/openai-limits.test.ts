import OpenAI from 'openai';
import { startServer, type TestServer } from '../support/index.js';

const MODEL = 'genesis';
const PROMPT = 'Tell me a story about a fox.';

let server: TestServer;
let client: OpenAI;

beforeAll(async () => {
  server = await startServer({ env: { KV_CACHE_MB: '1', MAX_QUEUE: '16' } });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
});

afterAll(() => server?.stop());

const post = (key: string, body: object) =>
  fetch(`${server.url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ model: MODEL, prompt: PROMPT, ...body }),
  });

const receipts = async () =>
  ((await (await fetch(`${server.url}/v1/receipts?limit=200`)).json()) as { items: unknown[] }).items.length;

describe('more choices than the key/value cache holds at once', () => {
  it('wait for each other and are those that would be made one by one', async () => {
    const request = { model: MODEL, prompt: PROMPT, temperature: 1, max_tokens: 200 };
    const { choices } = await client.completions.create({ ...request, seed: 40, n: 8 });
    expect(choices).toHaveLength(8);
    const last = await client.completions.create({ ...request, seed: 47 });
    expect(choices[7].text).toBe(last.choices[0].text);
  });
});

describe('a request that needs more keys and values than the cache can ever hold', () => {
  const refusal = {
    status: 422,
    code: 'KV_BUDGET_EXCEEDED',
    detail: expect.stringMatching(
      /needs \d+ bytes of key\/value cache, more than the 1048576 there are/,
    ) as string,
    facts: { needed: expect.any(Number) as number, budget: 2 ** 20 },
    error: { code: 'KV_BUDGET_EXCEEDED', type: 'invalid_request_error' },
  };

  it.each([
    ['whole', {}],
    ['streamed', { stream: true }],
    ['of several choices', { n: 3 }],
  ])('is refused at once, and nothing is kept of it: %s', async (_, form) => {
    const before = await receipts();
    const key = `too-large-${JSON.stringify(form)}`;
    const reply = await post(key, { max_tokens: 450, ...form });
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect({ status: reply.status, ...((await reply.json()) as object) }).toMatchObject(refusal);
    expect(await receipts()).toBe(before);
    const smaller = await post(key.replace('large', 'small'), { max_tokens: 20, ...form });
    expect([smaller.status, (await smaller.text()).length > 0]).toEqual([200, true]);
  });

  it('is refused for embeddings, too, and beside answers that go on', async () => {
    const request = { model: MODEL, prompt: PROMPT, max_tokens: 200, temperature: 1, seed: 6 };
    const alone = await client.completions.create(request);
    const beside = client.completions.create(request);
    const input = Array.from({ length: 500 }, (_, i) => i + 5);
    await expect(client.embeddings.create({ model: MODEL, input })).rejects.toMatchObject({
      status: 422,
      code: 'KV_BUDGET_EXCEEDED',
    });
    expect((await beside).choices[0].text).toBe(alone.choices[0].text);
  });
});

describe('a request that names no length', () => {
  it('gets an answer as long as the cache holds', async () => {
    const content = 'The fox ran home and met a bear. '.repeat(22);
    const { usage, choices } = await client.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content }],
      // Never the token that ends it.
      logit_bias: { 3: -100 },
    });
    // Ten pages of 32 positions, and the last token, of which nothing is computed; the model asks for 200 after the prompt.
    expect(usage!.prompt_tokens).toBeGreaterThan(121);
    expect([usage!.total_tokens, choices[0].finish_reason]).toEqual([321, 'length']);
  });
});

describe('completions', () => {
  it('stream n choices, each with its log-probabilities', async () => {
    const request = {
      model: MODEL,
      prompt: PROMPT,
      max_tokens: 12,
      n: 3,
      seed: 5,
      temperature: 1,
      logprobs: 2,
    };
    const whole = await client.completions.create(request);
    const texts = ['', '', ''];
    const logprobs: number[][] = [[], [], []];
    let usage: OpenAI.CompletionUsage | null | undefined;
    const stream = await client.completions.create({
      ...{ ...request, stream: true, stream_options: { include_usage: true } },
    });
    for await (const chunk of stream) {
      usage = chunk.usage ?? usage;
      for (const { index, text, logprobs: scored } of chunk.choices) {
        texts[index] += text;
        logprobs[index].push(...(scored?.token_logprobs ?? []));
      }
    }
    expect(texts).toEqual(whole.choices.map(({ text }) => text));
    expect(logprobs).toEqual(whole.choices.map((choice) => choice.logprobs!.token_logprobs));
    expect(usage).toEqual(whole.usage);
    expect(new Set(texts).size).toBeGreaterThan(1);
  });
});

describe('requests at the same time with one idempotency key', () => {
  it.each([false, true])('are answered once (stream: %p)', async (stream) => {
    const before = await receipts();
    const body = { max_tokens: 40, temperature: 1, stream };
    const key = `race-${stream}`;
    const replies = await Promise.all(Array.from({ length: 6 }, () => post(key, body)));
    const made = replies.filter(
      ({ status, headers }) => status === 200 && !headers.has('idempotent-replayed'),
    );
    expect(made).toHaveLength(1);
    const text = await made[0].text();
    for (const reply of replies) {
      if (reply === made[0]) continue;
      if (reply.status === 200) expect(await reply.text()).toBe(text);
      else {
        expect([reply.status, await reply.json()]).toEqual([
          409,
          expect.objectContaining({ code: 'IDEMPOTENCY_KEY_BUSY' }),
        ]);
        expect(reply.headers.get('retry-after')).toBe('1');
      }
    }
    expect(await receipts()).toBe(before + 1);
    const again = await post(key, body);
    expect([again.headers.get('idempotent-replayed'), await again.text()]).toEqual(['true', text]);
    expect((await post(key, { ...body, max_tokens: 41 })).status).toBe(409);
  });
});
