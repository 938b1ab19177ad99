import OpenAI from 'openai';
import { startServer, type TestServer } from '../support/index.js';

const MODEL = 'genesis';
const PROMPT = '<|user|>Compute 3 x 4.<|assistant|>';

let server: TestServer;
let client: OpenAI;

beforeAll(async () => {
  server = await startServer();
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
});

afterAll(() => server?.stop());

describe('an echoed prompt', () => {
  it('comes before the answer, whole and streamed, and is not counted as made', async () => {
    const request = { model: MODEL, prompt: PROMPT, max_tokens: 8, temperature: 0 };
    const plain = await client.completions.create(request);
    const echoed = await client.completions.create({ ...request, echo: true, n: 2 });
    expect(echoed.choices.map(({ text }) => text)).toEqual([0, 1].map(() => PROMPT + plain.choices[0].text));
    expect(echoed.usage).toEqual({
      ...plain.usage,
      completion_tokens: 2 * plain.usage!.completion_tokens,
      total_tokens: plain.usage!.prompt_tokens + 2 * plain.usage!.completion_tokens,
    });
    const texts = ['', ''];
    const stream = await client.completions.create({ ...request, echo: true, n: 2, stream: true });
    for await (const { choices } of stream) for (const { index, text } of choices) texts[index] += text;
    expect(texts).toEqual(echoed.choices.map(({ text }) => text));
  });

  it('is scored without generating anything, as evaluation harnesses ask', async () => {
    const ids = [5, 300, 41, 99, 7, 1200];
    const scored = await client.completions.create({
      ...{ model: MODEL, prompt: ids, max_tokens: 0, echo: true, logprobs: 2 },
    });
    const [{ logprobs, finish_reason, text }] = scored.choices;
    const usage = { prompt_tokens: 6, completion_tokens: 0, total_tokens: 6 };
    expect(scored.usage).toEqual({ ...usage, prompt_tokens_details: { cached_tokens: 0 } });
    expect(finish_reason).toBe('length');
    expect(logprobs!.tokens!.join('')).toBe(text);
    expect([logprobs!.token_logprobs![0], logprobs!.top_logprobs![0]]).toEqual([null, null]);
    const { logits } = (await (
      await fetch(`${server.url}/logits`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: MODEL, ids }),
      })
    ).json()) as { logits: number[][] };
    ids.slice(1).forEach((id, i) => {
      const row = logits[i];
      const most = Math.max(...row);
      const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
      expect(logprobs!.token_logprobs![i + 1]).toBeCloseTo(row[id] - most - total, 5);
      const best = Math.max(...Object.values(logprobs!.top_logprobs![i + 1]));
      expect(best).toBeCloseTo(-total, 5);
    });
    expect((scored as unknown as { receipt_id: unknown }).receipt_id).toBeNull();
  });

  it('has the same scores with an answer behind it, streamed too', async () => {
    const request = { model: MODEL, prompt: PROMPT, echo: true, logprobs: 1, temperature: 0 };
    const alone = await client.completions.create({ ...request, max_tokens: 0 });
    const whole = await client.completions.create({ ...request, max_tokens: 4 });
    const prompt = alone.choices[0].logprobs!;
    const both = whole.choices[0].logprobs!;
    const count = prompt.tokens!.length;
    expect(both.tokens!.slice(0, count)).toEqual(prompt.tokens);
    expect(both.token_logprobs!.slice(0, count)).toEqual(prompt.token_logprobs);
    expect(both.tokens).toHaveLength(count + 4);
    const joined = { tokens: [] as string[], text_offset: [] as number[] };
    for await (const { choices } of await client.completions.create({
      ...{ ...request, max_tokens: 4 },
      stream: true,
    })) {
      joined.tokens.push(...(choices[0]?.logprobs?.tokens ?? []));
      joined.text_offset.push(...(choices[0]?.logprobs?.text_offset ?? []));
    }
    expect(joined).toEqual({ tokens: both.tokens, text_offset: both.text_offset });
  });

  it('may fill the whole context when nothing is to follow', async () => {
    const prompt = Array.from({ length: 512 }, (_, i) => 4 + (i % 1000));
    const scored = await client.completions.create({
      model: MODEL,
      prompt,
      max_tokens: 0,
      echo: true,
      logprobs: 0,
    });
    expect(scored.choices[0].logprobs!.tokens).toHaveLength(512);
  });
});

describe('what completions do not offer', () => {
  it.each([
    ['best_of', { best_of: 3 }, /n answers with logprobs/],
    ['suffix', { suffix: ' end' }, /suffix is not supported/],
    ['max_tokens', { max_tokens: 0 }, /needs echo/],
  ])('is refused by name: %s', async (param, changes, message) => {
    const refused = client.completions.create({ model: MODEL, prompt: 'a', ...changes });
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'UNSUPPORTED_PARAMETER', param });
    await expect(refused).rejects.toThrow(message);
  });

  it('is not missed where it asks for nothing', async () => {
    const request = { model: MODEL, prompt: 'a', max_tokens: 1, best_of: 1, suffix: null, echo: false };
    expect((await client.completions.create(request)).choices).toHaveLength(1);
  });
});
