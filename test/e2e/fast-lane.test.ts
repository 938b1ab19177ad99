import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync, type Zippable } from 'fflate';
import type { ReceiptDocument } from '../../src/inference/receipt/index.js';
import type { ReplayReport } from '../../src/inference/replay/replay-report.js';
import { browserTests, launchBrowser, openPage, verdict } from './dashboard-support.js';
import { runCommand, startServer, temporaryFolder, type TestServer } from '../support/index.js';

const folder = temporaryFolder('fast-lane');
const question = {
  model: 'genesis',
  messages: [{ role: 'user', content: 'Tell me a story about a fox.' }],
  temperature: 0.9,
  seed: 21,
  max_tokens: 24,
};
const device = cpus()[0].model.trim();
const NOT_REPLAYABLE = `fast lane (TensorFlow.js, wasm on ${device}): not replayable bit for bit`;

let server: TestServer;
let receipt: string;
let document: ReceiptDocument;

const send = (path: string, body?: unknown): Promise<Response> =>
  fetch(`${server.url}${path}`, {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });

const json = async <T>(path: string, body?: unknown): Promise<T> => {
  const response = await send(path, body);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
};

const refusal = async (path: string, body?: unknown) => {
  const response = await send(path, body);
  return { status: response.status, ...((await response.json()) as object) };
};

beforeAll(async () => {
  server = await startServer({ env: { INFERENCE_ENGINE: 'tfjs', TFJS_BACKEND: 'wasm' } });
  const answer = await json<{ receipt_id: string }>('/v1/chat/completions', question);
  receipt = answer.receipt_id;
  document = await json<ReceiptDocument>(`/v1/receipts/${receipt}`);
});

describe('a server with TensorFlow.js', () => {
  it('names engine, backend and device', async () => {
    const lane = { engine: 'tfjs', backend: 'wasm', device };
    expect(await json('/version')).toMatchObject(lane);
    expect(await json('/ready')).toMatchObject({ probes: { kernel: { facts: lane } } });
  });

  it('states in the receipt that the answer is not exact, and verifies it', async () => {
    expect(document.receipt).toMatchObject({ exact: false, backend: 'wasm', device });
    expect(document.evidence?.output_ids).toHaveLength(document.receipt.output.tokens);
    const report = await json<ReplayReport>('/v1/receipts/verify', { receipt: document.receipt });
    expect(report).toMatchObject({ agrees: true });
    expect(report.parts.find(({ part }) => part === 'lane')?.detail).toBe(NOT_REPLAYABLE);
  });

  it('refuses to replay, bundle or dispute what has no second time', async () => {
    const side = { receipt: document.receipt, evidence: document.evidence };
    const refused = { status: 409, code: 'RECEIPT_NOT_EXACT' };
    expect(await refusal(`/v1/receipts/${receipt}/replay`, {})).toMatchObject(refused);
    expect(await refusal(`/v1/receipts/${receipt}/bundle`)).toMatchObject(refused);
    expect(await refusal('/v1/receipts/dispute', { a: side, b: side })).toMatchObject(refused);
  });

  it('says so on the command line, for a receipt in a file and for a bundle', async () => {
    const file = join(folder, 'receipt.json');
    writeFileSync(file, JSON.stringify(document));
    const verified = await runCommand(['verify', file], { DATA_DIR: folder });
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.stdout).toContain(NOT_REPLAYABLE);
    const bundle = join(folder, 'bundle.zip');
    const files = { bundle: { version: 1 }, ...document };
    const entries = Object.entries(files).map(([name, value]) => [
      `${name}.json`,
      strToU8(JSON.stringify(value)),
    ]);
    writeFileSync(bundle, zipSync(Object.fromEntries(entries) as Zippable, { level: 0 }));
    const replayed = await runCommand(['replay', bundle], { DATA_DIR: folder });
    expect(replayed.code).not.toBe(0);
    expect(replayed.stderr).toContain(NOT_REPLAYABLE);
  });

  it('streams, samples with logprobs, obeys constraints and stops', async () => {
    const stream = await send('/v1/chat/completions', { ...question, stream: true });
    const text = await stream.text();
    expect(text).toContain('data: [DONE]');
    const constrained = await json<{ choices: { message: { content: string } }[] }>('/v1/chat/completions', {
      ...question,
      max_tokens: 60,
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'x',
          schema: {
            type: 'object',
            properties: { a: { enum: ['b'] } },
            required: ['a'],
            additionalProperties: false,
          },
        },
      },
    });
    expect(JSON.parse(constrained.choices[0].message.content)).toEqual({ a: 'b' });
    const scored = await json<{ choices: { logprobs: { content: unknown[] } }[] }>('/v1/chat/completions', {
      ...question,
      max_tokens: 3,
      logprobs: true,
      top_logprobs: 2,
    });
    expect(scored.choices[0].logprobs.content).toHaveLength(3);
    const echoed = await json<{ choices: { text: string }[] }>('/v1/completions', {
      ...{ model: 'genesis', prompt: 'Once upon a time', echo: true, max_tokens: 2, logprobs: 1 },
    });
    expect(echoed.choices[0].text).toMatch(/^Once upon a time/);
    const embedded = await json<{ data: { embedding: number[] }[] }>('/v1/embeddings', {
      ...{ model: 'genesis', input: 'a fox' },
    });
    expect(Math.hypot(...embedded.data[0].embedding)).toBeCloseTo(1, 4);
  });
});

browserTests('the dashboard', () => {
  it('verifies what can be, and says that the answer was not replayed', async () => {
    const browser = await launchBrowser();
    const { page, complaints } = await openPage(browser);
    await page.goto(`${server.url}/receipts/${receipt}?verify=1`);
    const { outcome, text } = await verdict(page);
    expect({ outcome, complaints }).toEqual({ outcome: 'partial', complaints: [] });
    expect(text).toContain(NOT_REPLAYABLE);
    expect(await page.locator('body').innerText()).toContain(`no: wasm on ${device}`);
    await browser.close();
  });
});

describe('the same node with the exact engine', () => {
  it('is refused nothing, but an exact receipt is not replayed by TensorFlow.js', async () => {
    const { dataDir, databaseUrl } = server;
    await server.stop();
    server = await startServer({ dataDir, database: databaseUrl! });
    const { receipt_id: exact } = await json<{ receipt_id: string }>('/v1/chat/completions', question);
    expect(await json(`/v1/receipts/${exact}/replay`, {})).toMatchObject({ agrees: true });
    expect((await json<ReceiptDocument>(`/v1/receipts/${exact}`)).receipt.exact).toBeUndefined();
    await server.stop();
    server = await startServer({
      ...{ dataDir, database: databaseUrl! },
      env: { INFERENCE_ENGINE: 'tfjs', TFJS_BACKEND: 'wasm' },
    });
    expect(await refusal(`/v1/receipts/${exact}/replay`, {})).toMatchObject({
      ...{ status: 409, code: 'ENGINE_NOT_EXACT' },
    });
  });
});
