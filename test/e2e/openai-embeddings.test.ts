import OpenAI from 'openai';
import { startServer, type TestServer } from '../support/index.js';

const MODEL = 'genesis';
const SIZE = 192;

let server: TestServer;
let client: OpenAI;

beforeAll(async () => {
  server = await startServer();
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
});

afterAll(() => server?.stop());

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const post = (body: unknown) =>
  fetch(`${server.url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('embeddings', () => {
  it('are vectors of length 1, the same however they are asked for', async () => {
    const texts = ['The fox ran home.', 'The fox ran away.', 'Compute 17 x 4.'];
    const all = await client.embeddings.create({ model: MODEL, input: texts });
    expect(all.data.map(({ index, object }) => [index, object])).toEqual(
      [0, 1, 2].map((i) => [i, 'embedding']),
    );
    expect(all.model).toBe(MODEL);
    for (const { embedding } of all.data) {
      expect(embedding).toHaveLength(SIZE);
      expect(dot(embedding, embedding)).toBeCloseTo(1, 5);
    }
    const [fox, other, sum] = all.data.map(({ embedding }) => embedding);
    expect(dot(fox, other)).toBeGreaterThan(dot(fox, sum));
    const single = await client.embeddings.create({
      model: MODEL,
      input: texts[1],
      encoding_format: 'float',
    });
    expect(single.data[0].embedding.map(Math.fround)).toEqual(other);
    expect(single.usage.prompt_tokens).toBe(single.usage.total_tokens);
    expect(all.usage.prompt_tokens).toBeGreaterThan(single.usage.prompt_tokens);
  });

  it('of token ids are those of their text', async () => {
    const ids = [5, 300, 41];
    const one = await client.embeddings.create({ model: MODEL, input: ids, dimensions: SIZE });
    const many = await client.embeddings.create({ model: MODEL, input: [ids, [7]] });
    expect(many.data[0].embedding).toEqual(one.data[0].embedding);
    expect([one.usage.prompt_tokens, many.usage.prompt_tokens]).toEqual([3, 4]);
  });

  it('have the same bits while answers are made', async () => {
    const input = ['one fox', 'two bears and a wolf '.repeat(20)];
    const quiet = await client.embeddings.create({ model: MODEL, input });
    const answers = [1, 2, 3].map((seed) =>
      client.completions.create({ model: MODEL, prompt: 'Once', max_tokens: 60, temperature: 1, seed }),
    );
    const busy = await Promise.all([1, 2, 3].map(() => client.embeddings.create({ model: MODEL, input })));
    await Promise.all(answers);
    for (const { data } of busy) expect(data).toEqual(quiet.data);
  });

  it.each([
    ['no input', { input: [] }, 'VALIDATION_FAILED', 'input'],
    ['an empty text', { input: '' }, 'VALIDATION_FAILED', 'input'],
    ['an empty text among others', { input: ['a', ''] }, 'VALIDATION_FAILED', 'input'],
    ['a mixture', { input: ['a', [1]] }, 'VALIDATION_FAILED', 'input'],
    ['too many inputs', { input: Array(2_049).fill('a') }, 'VALIDATION_FAILED', 'input'],
    ['a number', { input: 7 }, 'VALIDATION_FAILED', 'input'],
    ['an unknown encoding', { encoding_format: 'hex' }, 'VALIDATION_FAILED', 'encoding_format'],
    ['other dimensions', { dimensions: 64 }, 'UNSUPPORTED_PARAMETER', 'dimensions'],
    ['a token outside the vocabulary', { input: [2_048] }, 'TOKEN_UNKNOWN', 'input'],
    ['a text over the context', { input: 'fox '.repeat(600) }, 'PROMPT_TOO_LONG', 'input'],
    ['too many tokens', { input: Array(300).fill(Array(500).fill(5)) }, 'EMBEDDINGS_TOO_MANY', 'input'],
  ])('refuse %s', async (_, changes, code, param) => {
    const response = await post({ model: MODEL, input: 'a', ...changes });
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code, error: expect.objectContaining({ code, param }) }),
    ]);
  });

  it('refuse an unknown model', async () => {
    await expect(client.embeddings.create({ model: 'nobody', input: 'x' })).rejects.toMatchObject({
      status: 404,
      code: 'MODEL_NOT_FOUND',
    });
  });
});

describe('one model', () => {
  it('is found by its name and by a version of it', async () => {
    const { data } = await client.models.list();
    const { version } = data[0] as unknown as { version: string };
    const named = await client.models.retrieve(MODEL);
    const exact = await client.models.retrieve(`${MODEL}@${version}`);
    expect(named).toMatchObject({
      id: MODEL,
      object: 'model',
      owned_by: 'stemma',
      created: expect.any(Number),
    });
    expect(exact).toEqual({ ...named, id: `${MODEL}@${version}` });
  });

  it.each(['nobody', 'genesis@9.9.9', 'org/model', 'org/model:free', 'a%b', 'é ü'])(
    'that is not there is refused in the words of the client: %p',
    async (id) => {
      const refused = client.models.retrieve(id);
      await expect(refused).rejects.toBeInstanceOf(OpenAI.NotFoundError);
      await expect(refused).rejects.toMatchObject({
        ...{ status: 404, code: 'MODEL_NOT_FOUND', param: 'model', type: 'invalid_request_error' },
        message: expect.stringContaining(JSON.stringify(id)),
      });
      const plain = await fetch(`${server.url}/v1/models/${encodeURI(id)}`);
      expect(await plain.json()).toMatchObject({ code: 'MODEL_NOT_FOUND', error: { param: 'model' } });
    },
  );
});
