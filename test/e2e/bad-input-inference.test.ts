import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, until, type TestServer } from '../support/index.js';

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly request_id: string;
  readonly error?: { readonly message: string; readonly code: string; readonly param: string | null };
}

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ env: { MAX_QUEUE: '2', EXPERT_CACHE_MB: '8' } });
});

afterAll(() => server?.stop());

async function post(path: string, body: string | Uint8Array): Promise<Problem> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body: body as string });
  const text = await response.text();
  expect([path, response.headers.get('content-type'), text]).toEqual([
    path,
    expect.stringMatching(/^application\/problem\+json/),
    text,
  ]);
  return JSON.parse(text) as Problem;
}

const receipts = async () =>
  ((await (await fetch(`${server.url}/v1/receipts?limit=200`)).json()) as { items: unknown[] }).items.length;

const chat = (changes: object) =>
  JSON.stringify({ model: 'genesis', messages: [{ role: 'user', content: 'hi' }], ...changes });

const schemaFormat = (schema: unknown) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
});
const tool = { type: 'function', function: { name: 'f' } };

/** Constraints, biases and tools that cannot be: what is sent, and how it is refused. */
const badForms: [string, object, string, string][] = [
  ['a bias out of range', { logit_bias: { 5: 101 } }, 'VALIDATION_FAILED', 'logit_bias'],
  ['a bias that is no number', { logit_bias: { 5: '1' } }, 'VALIDATION_FAILED', 'logit_bias'],
  ['a bias for no token id', { logit_bias: { fox: 1 } }, 'VALIDATION_FAILED', 'logit_bias'],
  ['a bias outside the vocabulary', { logit_bias: { 2048: 1 } }, 'TOKEN_UNKNOWN', 'logit_bias'],
  [
    'too many biases',
    { logit_bias: Object.fromEntries(Array.from({ length: 1025 }, (_, id) => [id, 1])) },
    'VALIDATION_FAILED',
    'logit_bias',
  ],
  ['a format of no kind', { response_format: { type: 'xml' } }, 'VALIDATION_FAILED', 'response_format'],
  ['a schema that is none', schemaFormat([]), 'VALIDATION_FAILED', 'response_format'],
  ['an unsatisfiable schema', schemaFormat({ enum: [] }), 'SCHEMA_UNSATISFIABLE', 'response_format'],
  [
    'a schema that only infinite values obey',
    schemaFormat({ type: 'array', items: { $ref: '#' }, minItems: 1 }),
    'SCHEMA_UNSATISFIABLE',
    'response_format',
  ],
  ['an unsupported keyword', schemaFormat({ not: {} }), 'SCHEMA_UNSUPPORTED', 'response_format'],
  ['a schema too large', schemaFormat({ const: 'x'.repeat(70_000) }), 'SCHEMA_TOO_LARGE', 'response_format'],
  ['tools for a model without', { tools: [tool] }, 'TOOLS_UNSUPPORTED', 'tools'],
  ['two tools of one name', { tools: [tool, tool] }, 'VALIDATION_FAILED', 'tools'],
  ['a choice of no tool', { tool_choice: 'required' }, 'UNSUPPORTED_PARAMETER', 'tool_choice'],
  [
    'calls whose arguments are no JSON',
    {
      messages: [
        {
          role: 'assistant',
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{' } }],
        },
      ],
    },
    'VALIDATION_FAILED',
    'messages.0.tool_calls',
  ],
  [
    'a result of no call',
    { messages: [{ role: 'tool', content: '5' }] },
    'VALIDATION_FAILED',
    'messages.0.tool_call_id',
  ],
  ['a message without content', { messages: [{ role: 'user' }] }, 'VALIDATION_FAILED', 'messages.0.content'],
];

describe('bad input to inference', () => {
  const cases: [string, string, string | Uint8Array, number, string, string | null][] = [
    ['invalid JSON', '/v1/chat/completions', '{"model":', 400, 'JSON_INVALID', null],
    [
      'invalid UTF-8',
      '/v1/chat/completions',
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
      400,
      'JSON_INVALID_UTF8',
      null,
    ],
    [
      'half a surrogate pair',
      '/v1/chat/completions',
      chat({}).replace('hi', '\\ud800'),
      400,
      'JSON_LONE_SURROGATE',
      null,
    ],
    ['no body', '/v1/chat/completions', '', 400, 'VALIDATION_FAILED', 'messages'],
    ['an array', '/v1/chat/completions', '[]', 400, 'VALIDATION_FAILED', null],
    [
      'an unknown field',
      '/v1/chat/completions',
      chat({ temprature: 1 }),
      400,
      'VALIDATION_FAILED',
      'temprature',
    ],
    [
      'a wrong type',
      '/v1/chat/completions',
      chat({ temperature: '1' }),
      400,
      'VALIDATION_FAILED',
      'temperature',
    ],
    [
      'a negative limit',
      '/v1/chat/completions',
      chat({ max_tokens: -1 }),
      400,
      'VALIDATION_FAILED',
      'max_tokens',
    ],
    [
      'a limit of nothing',
      '/v1/chat/completions',
      chat({ max_tokens: 0 }),
      400,
      'VALIDATION_FAILED',
      'max_tokens',
    ],
    [
      'a huge limit',
      '/v1/chat/completions',
      chat({ max_tokens: 1e6 }),
      400,
      'MAX_TOKENS_TOO_LARGE',
      'max_tokens',
    ],
    [
      'a limit beyond integers',
      '/v1/chat/completions',
      chat({ max_tokens: 1e300 }),
      400,
      'VALIDATION_FAILED',
      'max_tokens',
    ],
    [
      'a temperature out of range',
      '/v1/chat/completions',
      chat({ temperature: 2.1 }),
      400,
      'VALIDATION_FAILED',
      'temperature',
    ],
    ['a negative seed', '/v1/chat/completions', chat({ seed: -1 }), 400, 'VALIDATION_FAILED', 'seed'],
    [
      'a seed without room',
      '/v1/chat/completions',
      chat({ seed: Number.MAX_SAFE_INTEGER, n: 2 }),
      400,
      'SEED_TOO_LARGE',
      'seed',
    ],
    ['too many choices', '/v1/chat/completions', chat({ n: 1000 }), 400, 'VALIDATION_FAILED', 'n'],
    ['an unknown model', '/v1/chat/completions', chat({ model: 'gpt-4' }), 404, 'MODEL_NOT_FOUND', 'model'],
    [
      'an unknown version',
      '/v1/chat/completions',
      chat({ model: 'genesis@9.9.9' }),
      404,
      'MODEL_NOT_FOUND',
      'model',
    ],
    ['no messages', '/v1/chat/completions', chat({ messages: [] }), 400, 'VALIDATION_FAILED', 'messages'],
    [
      'an unknown role',
      '/v1/chat/completions',
      chat({ messages: [{ role: 'root', content: 'x' }] }),
      400,
      'VALIDATION_FAILED',
      'messages.0.role',
    ],
    [
      'a message without content',
      '/v1/chat/completions',
      chat({ messages: [{ role: 'user' }] }),
      400,
      'VALIDATION_FAILED',
      'messages.0.content',
    ],
    [
      'an image',
      '/v1/chat/completions',
      chat({ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }),
      400,
      'VALIDATION_FAILED',
      'messages.0.content',
    ],
    [
      'an over-long prompt',
      '/v1/chat/completions',
      chat({ messages: [{ role: 'user', content: 'a '.repeat(400_000) }] }),
      400,
      'PROMPT_TOO_LONG',
      'messages',
    ],
    [
      'a prompt a little too long',
      '/v1/completions',
      JSON.stringify({ model: 'genesis', prompt: 'fox '.repeat(520) }),
      400,
      'PROMPT_TOO_LONG',
      'prompt',
    ],
    [
      'a body over the limit',
      '/v1/chat/completions',
      chat({ user: 'x'.repeat(2 ** 21) }),
      413,
      'BODY_TOO_LARGE',
      null,
    ],
    ['an empty stop string', '/v1/chat/completions', chat({ stop: '' }), 400, 'VALIDATION_FAILED', 'stop'],
    [
      'too many stop strings',
      '/v1/chat/completions',
      chat({ stop: Array(10_000).fill('x') }),
      400,
      'VALIDATION_FAILED',
      'stop',
    ],
    [
      'a salt that is none',
      '/v1/chat/completions',
      chat({ receipt_salt: 'zz' }),
      400,
      'VALIDATION_FAILED',
      'receipt_salt',
    ],
    [
      '10,000 stop strings',
      '/v1/completions',
      JSON.stringify({ model: 'genesis', prompt: 'a', stop: Array(10_000).fill('x') }),
      400,
      'VALIDATION_FAILED',
      'stop',
    ],
    ...badForms.map(
      ([name, changes, code, param]) =>
        [name, '/v1/chat/completions', chat(changes), 400, code, param] as [
          string,
          string,
          string,
          number,
          string,
          string,
        ],
    ),
    [
      'alternatives without log-probabilities',
      '/v1/chat/completions',
      chat({ top_logprobs: 2 }),
      400,
      'UNSUPPORTED_PARAMETER',
      'top_logprobs',
    ],
    [
      'several prompts',
      '/v1/completions',
      JSON.stringify({ model: 'genesis', prompt: ['a', 'b'] }),
      400,
      'VALIDATION_FAILED',
      'prompt',
    ],
    [
      'an empty prompt',
      '/v1/completions',
      JSON.stringify({ model: 'genesis', prompt: '' }),
      400,
      'PROMPT_EMPTY',
      'prompt',
    ],
    [
      'a token outside the vocabulary',
      '/v1/completions',
      JSON.stringify({ model: 'genesis', prompt: [2048] }),
      400,
      'TOKEN_UNKNOWN',
      'prompt',
    ],
    [
      'the best of several',
      '/v1/completions',
      JSON.stringify({ model: 'genesis', prompt: 'a', best_of: 2 }),
      400,
      'UNSUPPORTED_PARAMETER',
      'best_of',
    ],
    [
      'dense execution',
      '/chat',
      JSON.stringify({ prompt: 'a', use_moe: false }),
      400,
      'UNSUPPORTED_PARAMETER',
      null,
    ],
    [
      'distributed execution',
      '/chat',
      JSON.stringify({ prompt: 'a', use_distributed: true }),
      400,
      'UNSUPPORTED_PARAMETER',
      null,
    ],
    [
      'other experts per token',
      '/chat',
      JSON.stringify({ prompt: 'a', top_k_experts: 3 }),
      400,
      'UNSUPPORTED_PARAMETER',
      null,
    ],
    [
      'a receipt that is none',
      '/v1/receipts/verify',
      JSON.stringify({ receipt: { id: 1 } }),
      422,
      'RECEIPT_SHAPE',
      null,
    ],
    [
      'an unknown receipt',
      `/v1/receipts/rcpt_${'0'.repeat(32)}/replay`,
      '{}',
      404,
      'RECEIPT_NOT_FOUND',
      null,
    ],
    ['an id that is none', '/v1/receipts/..%2f..%2fetc/replay', '{}', 400, 'VALIDATION_FAILED', 'id'],
  ];

  it.each(cases)('refuses %s', async (_, path, body, status, code, param) => {
    const before = await receipts();
    const problem = await post(path, body);
    expect([problem.status, problem.code]).toEqual([status, code]);
    expect(problem.detail).not.toBe('');
    expect(problem.request_id).toMatch(/^req_/);
    if (path.startsWith('/v1/')) {
      expect(problem.error).toMatchObject({ message: problem.detail, code });
      if (param !== null) expect(problem.error?.param).toBe(param);
    }
    expect(await receipts()).toBe(before);
  });

  it('refuses what does not fit into the queue at once, and says when to come back', async () => {
    const post = (seed: number) =>
      fetch(`${server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: chat({ n: 8, seed, temperature: 1.5, max_tokens: 100 }),
      });
    let [seed, taken, refused] = [0, 0, 0];
    const askFour = async () => {
      for (const response of await Promise.all([0, 100, 200, 300].map((more) => post(seed + more)))) {
        if (response.status === 200) {
          taken += 1;
          await response.text();
          continue;
        }
        refused += 1;
        expect(response.status).toBe(429);
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
        expect(((await response.json()) as Problem).code).toBe('QUEUE_FULL');
      }
      seed += 400;
    };
    // Four that come together do not fit; where this process is held up between them, they do not come together.
    while (refused === 0) await askFour();
    expect(taken).toBeGreaterThan(0);
    expect(
      (
        await fetch(`${server.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: chat({}),
        })
      ).status,
    ).toBe(200);
  });
});

describe('weights altered on disk', () => {
  const ask = (content: string) =>
    fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: chat({ messages: [{ role: 'user', content }] }),
    });

  /** Every expert payload of the live release, so that the small cache meets the altered ones. */
  const payloads = async () => {
    const top = (await (await fetch(`${server.url}/experts/top?limit=100`)).json()) as {
      items: { block: string }[];
    };
    const folder = join(server.dataDir, 'blobs', 'payloads');
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const paths = new Map(files.map((file) => [file.name, join(file.parentPath, file.name)]));
    const hashes = await Promise.all(
      top.items.map(async ({ block }) => {
        const found = await fetch(`${server.url}/chain/B/blocks/${block}`);
        return ((await found.json()) as { header: { payload_hash: string } }).header.payload_hash;
      }),
    );
    return hashes.map((hash) => paths.get(hash)!).filter((path) => path !== undefined);
  };

  it('are refused by name, /ready is degraded, and all is well when they are back', async () => {
    const files = await payloads();
    expect(files.length).toBe(48);
    const originals = files.map((path) => readFileSync(path));
    files.forEach((path, i) =>
      writeFileSync(
        path,
        originals[i].map((byte, at) => (at === 999 ? byte ^ 1 : byte)),
      ),
    );
    let problem: Problem | null = null;
    for (let i = 0; problem === null && i < 40; i++) {
      const response = await ask(`Compute ${i} + ${i * 7}.`);
      if (!response.ok) problem = (await response.json()) as Problem;
      else await response.text();
    }
    expect(problem).toMatchObject({ status: 503, code: 'BLOCK_CORRUPT' });
    expect(problem!.detail).toMatch(/layer\d\.expert\d/);
    const ready = (await (await fetch(`${server.url}/ready`)).json()) as {
      status: string;
      probes: Record<string, { status: string; detail: string }>;
    };
    expect(ready.status).toBe('degraded');
    expect(ready.probes.weights.detail).toMatch(/layer\d\.expert\d/);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    files.forEach((path, i) => writeFileSync(path, originals[i]));
    const status = async () =>
      ((await (await fetch(`${server.url}/ready`)).json()) as { status: string }).status;
    await until('all is well', async () => (await status()) === 'ok');
    expect((await ask('Compute 1 + 1.')).status).toBe(200);
  });

  it('that are missing are refused by name', async () => {
    const files = await payloads();
    for (const path of files) renameSync(path, `${path}.away`);
    let problem: Problem | null = null;
    for (let i = 0; problem === null && i < 40; i++) {
      const response = await ask(`Compute ${i} x ${i + 3}.`);
      if (!response.ok) problem = (await response.json()) as Problem;
      else await response.text();
    }
    for (const path of files) renameSync(`${path}.away`, path);
    expect(problem).toMatchObject({ status: 503, code: 'BLOCK_MISSING' });
    expect((await ask('Compute 2 + 1.')).status).toBe(200);
  });
});
