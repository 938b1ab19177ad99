// The clients of bench/soak.mjs: each asks for one thing after the other, drawn by a seeded generator, until told to stop.
import { getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';

const { url, clients, seed, kinds } = workerData;
/** Errors that are kept as text. */
const MOST_ERRORS = 50;
const SUBJECTS = ['a fox', 'the sea', '17 + 25', 'the capital of France', 'a small town', 'prime numbers'];
const SCHEMA = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 20 }, age: { type: 'integer', minimum: 0, maximum: 99 } },
  required: ['name', 'age'],
  additionalProperties: false,
};

let state = seed >>> 0 || 1;
/** xorshift32 (Marsaglia 2003), below `limit`. */
function draw(limit) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}

// Clients are on other machines, and would not take the server's cores. On Linux this is this thread's priority alone.
setPriority(Math.min(getPriority() + 5, 19));
let running = true;
const counts = { requests: 0, tokens: 0, errors: [], done: {} };
const receipts = [];

const post = (path, body, signal) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: signal ?? AbortSignal.timeout(120_000),
  });

const chat = (extra) => ({
  model: 'genesis',
  messages: [{ role: 'user', content: `Tell me about ${SUBJECTS[draw(SUBJECTS.length)]}.` }],
  ...{ temperature: draw(2), seed: draw(1e6), max_tokens: 16 + draw(185) },
  ...extra,
});

/** Reads a JSON answer; a status that is no success is an error. */
async function json(response) {
  const document = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(document)}`);
  counts.tokens += document.usage?.completion_tokens ?? 0;
  const receipt = response.headers.get('x-receipt-id');
  if (receipt) receipts[draw(100)] = receipt;
  return document;
}

const KINDS = {
  answer: async () => json(await post('/v1/chat/completions', chat({}))),
  choices: async () => json(await post('/v1/chat/completions', chat({ n: 2 }))),
  stream: async () => {
    const response = await post('/v1/chat/completions', chat({ stream: true }));
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const text = await response.text();
    if (!text.trimEnd().endsWith('[DONE]')) throw new Error(`a stream ended with ${text.slice(-200)}`);
    counts.tokens += text.split('\ndata: ').length - 2;
  },
  cancelled: async () => {
    const aborter = new AbortController();
    const response = await post(
      '/v1/chat/completions',
      chat({ stream: true, max_tokens: 400 }),
      aborter.signal,
    );
    const reader = response.body.getReader();
    for (let i = draw(20); i > 0 && !(await reader.read()).done; i--);
    aborter.abort();
  },
  text: async () => json(await post('/v1/completions', { ...completion(), stop: ['\n\n', 'the end'] })),
  logprobs: async () => json(await post('/v1/completions', { ...completion(), logprobs: 3, echo: true })),
  schema: async () => {
    const format = { type: 'json_schema', json_schema: { name: 'person', strict: true, schema: SCHEMA } };
    const answer = await json(
      await post('/v1/chat/completions', chat({ response_format: format, max_tokens: 200 })),
    );
    const [{ message, finish_reason: finish }] = answer.choices;
    if (finish === 'stop') JSON.parse(message.content);
  },
  embedding: async () =>
    json(await post('/v1/embeddings', { model: 'genesis', input: ['a fox', 'the sea'] })),
  replay: async () => {
    const id = receipts[draw(100)];
    if (!id) return KINDS.answer();
    const report = await json(await post(`/v1/receipts/${id}/replay`, {}));
    if (report.match === false) throw new Error(`receipt ${id} does not replay: ${JSON.stringify(report)}`);
  },
  lists: async () => {
    for (const path of ['/v1/receipts?limit=20', '/v1/models', '/chain/B/blocks?limit=20', '/metrics']) {
      const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(30_000) });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      await response.arrayBuffer();
    }
  },
};
const NAMES = kinds === '' ? Object.keys(KINDS) : kinds.split(',');

function completion() {
  return { model: 'genesis', prompt: 'Once upon a time', max_tokens: 16 + draw(100), seed: draw(1e6) };
}

async function client() {
  while (running) {
    const kind = NAMES[draw(NAMES.length)];
    try {
      await KINDS[kind]();
      counts.done[kind] = (counts.done[kind] ?? 0) + 1;
    } catch (error) {
      if (counts.errors.length < MOST_ERRORS) counts.errors.push(`${kind}: ${error}`);
      else running = false;
    }
    counts.requests++;
  }
}

parentPort.once('message', () => (running = false));
await Promise.all(Array.from({ length: clients }, client));
parentPort.postMessage(counts);
