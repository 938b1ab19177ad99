import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToHex } from '../../src/common/index.js';
import { packageRoot } from '../../src/common/installation.js';
import type { NodeVerdict } from '../../src/inference/index.js';
import {
  receiptBody,
  receiptId,
  receiptMessage,
  type ReceiptDocument,
} from '../../src/inference/receipt/index.js';
import { runCommand, startServer, temporaryFolder, type TestServer } from '../support/index.js';

const preload = pathToFileURL(join(packageRoot(), 'test', 'support', 'altered-weights.mjs')).href;
const altered = {
  ...{ NODE_OPTIONS: `--import=${preload}`, ALTERED_BLOCK: 'layer2.attention', ALTERED_TENSOR: 'k' },
};
const folder = temporaryFolder('dispute-nodes');
const nowhere = { DATA_DIR: join(folder, 'nowhere') };
const salt = '5a'.repeat(32);
const question = 'Tell me a story about a fox.';

let honest: TestServer;
let single: TestServer;
let liar: TestServer;
let forgetful: TestServer;
let said: Record<'honest' | 'single' | 'salted' | 'liar' | 'forgetful', ReceiptDocument>;
const impostors: Server[] = [];
/** A node that refuses, and the tokens with which it was asked for testimonies. */
let recorder: { url: string };
const recorded: unknown[] = [];

/** Asks a server for the same answer as every other; returns its receipt. */
async function answerOf(
  { url }: TestServer,
  content = question,
  more: object = {},
): Promise<ReceiptDocument> {
  const answer = await post(url, '/v1/chat/completions', {
    ...{ model: 'genesis', messages: [{ role: 'user', content }] },
    ...{ temperature: 0.9, seed: 21, max_tokens: 40, receipt_salt: salt },
    ...more,
  });
  const { receipt_id } = (await answer.json()) as { receipt_id: string };
  return (await (await fetch(`${url}/v1/receipts/${receipt_id}`)).json()) as ReceiptDocument;
}

function post(url: string, path: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Runs `stemma dispute`; an answer is given by its id, or as a file where that is asked for. */
async function settle(
  answers: readonly (ReceiptDocument | string)[],
  nodes: readonly string[],
  env: Readonly<Record<string, string>> = nowhere,
): Promise<[number | null, NodeVerdict & { readonly error?: { readonly code: string } }]> {
  const named = answers.map((answer) => (typeof answer === 'string' ? answer : answer.receipt.id));
  const { code, stdout, stderr } = await runCommand(['dispute', ...named, ...nodes, '--json'], env);
  if (stdout === '') throw new Error(stderr);
  return [code, JSON.parse(stdout) as NodeVerdict];
}

/** Where the own server of a command is the honest one. */
const own = () => ({ DATA_DIR: honest.dataDir });

const between = (a: { url: string }, b: { url: string }) => ['--node-a', a.url, '--node-b', b.url];

function file(name: string, document: unknown): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(document));
  return path;
}

/** Something else that listens where a node should. */
async function impostor(listener: RequestListener): Promise<{ url: string }> {
  const server = createServer(listener);
  impostors.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

beforeAll(async () => {
  liar = await startServer({ env: { ...altered, ALTERED_THREADS: 'all' } });
  [single, forgetful] = await Promise.all([
    startServer({ env: { INFERENCE_THREADS: '1' } }),
    startServer({ env: { ...altered, ALTERED_THREADS: 'kernel' } }),
  ]);
  recorder = await impostor(({ headers, method }, reply) => {
    if (method === 'POST') recorded.push(headers.authorization);
    reply.writeHead(403).end();
  });
  honest = await startServer({ env: { DISPUTE_PEERS: `${liar.url}/,${recorder.url}` } });
  said = {
    honest: await answerOf(honest),
    single: await answerOf(single),
    salted: await answerOf(single, question, { receipt_salt: '77'.repeat(32) }),
    liar: await answerOf(liar),
    forgetful: await answerOf(forgetful),
  };
});

afterAll(async () => {
  for (const server of impostors) server.close();
  await Promise.all([honest, single, liar, forgetful].map((server) => server?.stop()));
});

describe('a dispute between two nodes', () => {
  it('names layer, operator and the node that computes wrongly', async () => {
    const [code, verdict] = await settle([said.liar, said.honest], between(liar, honest));
    expect([code, verdict]).toMatchObject([
      1,
      { method: 'testimony', unheard: null, wrong: ['a'], place: { layer: 2, operator: 'key' } },
    ]);
    expect(verdict.values?.b).toBe(verdict.values?.right);
    expect(verdict.values?.a).not.toBe(verdict.values?.right);
    expect(verdict.work.referee).toBeGreaterThan(0);
    expect(verdict.work.referee / verdict.work.generation).toBeLessThan(0.01);
  });

  it('is told to people in lines, from files, with the own server for the node that is not named', async () => {
    const files = [file('honest', said.honest), file('liar', said.liar)];
    const { code, stdout } = await runCommand(['dispute', ...files, '--node-b', liar.url], own());
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Token \d+ differs because of key of layer 2 at position \d+: b is wrong\.$/m);
    expect(stdout).toMatch(/^The referee did \d+ multiplications, 0\.\d+ % of computing the answer once\.$/m);
    expect(stdout).toMatch(/^Both nodes were heard\.$/m);
  });

  it('finds nothing between honest nodes of other threads, whatever their salts', async () => {
    const agreed = { unheard: null, differs: false, wrong: [], place: null };
    const alike = await settle([said.honest, said.single], between(honest, single));
    expect(alike).toMatchObject([0, { ...agreed, method: 'receipts' }]);
    const salted = await settle([said.honest, said.salted], between(honest, single));
    expect(salted).toMatchObject([0, { ...agreed, method: 'testimony' }]);
  });

  it('blames a node whose testimony does not lead to what it has committed to', async () => {
    const [, { wrong, method, place }] = await settle(
      [said.honest, said.forgetful],
      between(honest, forgetful),
    );
    expect([method, wrong]).toEqual(['testimony', ['b']]);
    expect(['commitment', 'sample']).toContain(place?.operator);
  });

  it('blames nobody where the question was another', async () => {
    const other = await answerOf(single, 'Tell me a story about a bear.');
    const request = { differs: true, wrong: [], place: { operator: 'request' } };
    const [, verdict] = await settle([said.honest, other], between(honest, single));
    expect(verdict).toMatchObject({ ...request, detail: expect.stringContaining('prompt') as string });
    const elsewhere = file('elsewhere', { ...said.honest, receipt: ofRelease('ee'.repeat(32)) });
    const [, released] = await settle([said.honest, elsewhere], between(honest, single));
    expect(released).toMatchObject({ ...request, detail: expect.stringContaining('release') as string });
  });

  it('is settled by one of the two nodes, which asks those alone that it may ask', async () => {
    const body = { a: said.honest, b: said.liar };
    const response = await post(honest.url, '/v1/receipts/dispute', { ...body, node_b: { url: liar.url } });
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { method: 'testimony', wrong: ['b'], place: { layer: 2, operator: 'key' } },
    ]);
    let asked = 0;
    const stranger = await impostor((_, reply) => reply.end(String((asked += 1))));
    const refused = await post(honest.url, '/v1/receipts/dispute', {
      ...body,
      node_b: { url: stranger.url },
    });
    expect([refused.status, await refused.json(), asked]).toMatchObject([
      403,
      { code: 'NODE_NOT_ALLOWED' },
      0,
    ]);
    const url = 'file:///etc/passwd';
    const wrong = await post(honest.url, '/v1/receipts/dispute', { ...body, node_b: { url } });
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { code: 'VALIDATION_FAILED' }]);
  });
});

describe('a node that is not heard', () => {
  it.each<[string, string, RequestListener]>([
    ['answers garbage', 'TESTIMONY_INVALID', (_, reply) => reply.end('<html>hello</html>')],
    ['answers too much', 'NODE_ANSWER_TOO_LARGE', (_, reply) => reply.end(Buffer.alloc(5 << 20, 32))],
    ['refuses', 'NODE_REFUSED', (_, reply) => reply.writeHead(404).end('{"code":"RECEIPT_NOT_FOUND"}')],
    ['leads elsewhere', 'NODE_UNREACHABLE', (_, reply) => reply.writeHead(302, { location: liar.url }).end()],
  ])('because it %s is not blamed for it: both are computed again', async (_, code, listener) => {
    const node = await impostor(listener);
    const files = [file('a', said.honest), file('b', said.salted)];
    const [exit, verdict] = await settle(files, ['--node-a', honest.url, '--node-b', node.url], own());
    expect([exit, verdict]).toMatchObject([0, { method: 'replay', unheard: { side: 'b', code }, wrong: [] }]);
  });

  it.each<[string, string, 'a' | null, (dead: string) => string[]]>([
    ['there', 'NODE_UNREACHABLE', 'a', (dead) => between({ url: dead }, honest)],
    ['anywhere', 'DISPUTE_WEIGHTS', null, (dead) => between({ url: dead }, { url: dead })],
  ])(
    'because nothing listens %s is not blamed, and who is wrong is found nevertheless',
    async (_, code, side, to) => {
      const { url } = await impostor(() => undefined);
      await new Promise((resolve) => impostors.at(-1)?.close(resolve));
      const files = [file('a', said.liar), file('b', said.honest)];
      expect(await settle(files, to(url), own())).toMatchObject([
        1,
        { method: 'replay', unheard: { side, code }, wrong: ['a'], place: { layer: null } },
      ]);
      const { stdout } = await runCommand(['dispute', ...files, ...to(url)], own());
      expect(stdout).toMatch(/^Settled by replay instead: /m);
    },
  );

  it('is told the token that is meant for it, and no other', async () => {
    recorded.length = 0;
    const files = [file('a', said.honest), file('b', said.salted)];
    await settle(files, [...between(honest, recorder), '--token-b', 'for-b'], own());
    await settle(files, between(honest, recorder), {
      ...own(),
      STEMMA_TOKEN_A: 'for-a',
      STEMMA_TOKEN_B: 'too',
    });
    const node_b = { url: recorder.url, token: 'by-proxy' };
    await post(honest.url, '/v1/receipts/dispute', { a: said.honest, b: said.salted, node_b });
    expect(recorded).toEqual(['Bearer for-b', 'Bearer too', 'Bearer by-proxy']);
  });

  it('cannot break the command with what it shows in place of a receipt', async () => {
    const { url } = await impostor((_, reply) => reply.end('null'));
    const [code, verdict] = await settle([said.honest, said.salted], between({ url }, single));
    expect([code, verdict.error?.code]).toEqual([1, 'RECEIPT_SHAPE']);
  });

  it('cannot show another receipt than the one that was named', async () => {
    const { url } = await impostor((_, reply) => reply.end(JSON.stringify(said.salted)));
    const [code, verdict] = await settle([said.honest, said.salted], between({ url }, single));
    expect([code, verdict.error?.code]).toEqual([1, 'RECEIPT_OTHER']);
  });

  it('leaves the dispute open where nobody can compute the answers', async () => {
    const { url } = await impostor((_, reply) => reply.writeHead(500).end());
    const files = [file('a', said.liar), file('b', said.honest)];
    const env = { ...nowhere, INFERENCE_ENGINE: 'none' };
    const [code, verdict] = await settle(files, between({ url }, honest), env);
    expect([code, verdict.error?.code]).toEqual([1, 'DISPUTE_UNSETTLED']);
  });
});

describe('a testimony', () => {
  const ask = async (body: object, id = said.honest.receipt.id) => {
    const response = await post(honest.url, `/v1/receipts/${id}/testimony`, body);
    return [response.status, await response.json()];
  };

  it.each([
    [{ of: 'states', first: 3, end: 3 }, 'TESTIMONY_QUESTION'],
    [{ of: 'states', first: 0, end: 41 }, 'TESTIMONY_QUESTION'],
    [{ of: 'operators', first: 0, end: 1 }, 'TESTIMONY_QUESTION'],
    [{ of: 'operators', section: 99, first: 0, end: 1 }, 'TESTIMONY_QUESTION'],
    [{ of: 'value', section: 1, operator: 'logits', rank: 0, first: 0, end: 1 }, 'TESTIMONY_QUESTION'],
    [{ of: 'weights', first: 0, end: 1 }, 'VALIDATION_FAILED'],
    [{ of: 'states', first: 0, end: 1e9 }, 'VALIDATION_FAILED'],
    [{ of: 'states', first: 0, end: 1, path: '/etc' }, 'VALIDATION_FAILED'],
  ])('about %j is refused with %s', async (body, code) => {
    expect(await ask(body)).toMatchObject([400, { code }]);
  });

  it('is given about answers of this node alone', async () => {
    const unknown = await ask({ of: 'states', first: 0, end: 1 }, `rcpt_${'0'.repeat(32)}`);
    expect(unknown).toMatchObject([404, { code: 'RECEIPT_NOT_FOUND' }]);
  });
});

/** The honest answer as if it were that of another release, signed by somebody. */
function ofRelease(release: string) {
  const secret = new Uint8Array(32).fill(5);
  const node = bytesToHex(ed25519.getPublicKey(secret));
  const body = { ...receiptBody(said.honest.receipt), release, node };
  const unsigned = { ...body, id: receiptId(body) };
  return { ...unsigned, signature: bytesToHex(ed25519.sign(receiptMessage(unsigned), secret)) };
}
