import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import { unzipSync, zipSync, type Unzipped } from 'fflate';
import { bytesToHex, canonicalJson, unwrap, type Json } from '../../src/common/index.js';
import { packageRoot } from '../../src/common/installation.js';
import { replayBundle } from '../../src/inference/bundle/replay-bundle.js';
import { Engine } from '../../src/inference/kernel/index.js';
import {
  receiptBody,
  receiptId,
  receiptMessage,
  type Receipt,
  type ReceiptDocument,
} from '../../src/inference/receipt/index.js';
import type { ReplayReport } from '../../src/inference/replay/replay-report.js';
import { answerOnce, runCommand, startServer, temporaryFolder, type TestServer } from '../support/index.js';

const MEBIBYTE = 2 ** 20;
const hooks = join(packageRoot(), 'test/support/typescript-threads.mjs');
const folder = temporaryFolder('receipts');

let server: TestServer;
let engine: Engine;
let document: ReceiptDocument;
let bundle: Uint8Array;

const json = async <T>(path: string, body?: unknown): Promise<T> => {
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const response = await fetch(`${server.url}${path}`, body === undefined ? {} : post);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
};

beforeAll(async () => {
  server = await startServer();
  engine = await Engine.start({
    threads: Math.min(2, availableParallelism()),
    kernelPath: join(packageRoot(), 'dist/kernel/kernel.wasm'),
    expertCacheBytes: 64 * MEBIBYTE,
    kvCacheBytes: 16 * MEBIBYTE,
    maxStreams: 2,
    execArgv: ['--import', hooks],
  });
  const answer = await json<{ receipt_id: string }>('/v1/chat/completions', {
    model: 'genesis',
    messages: [{ role: 'user', content: 'Tell me a story about a fox.' }],
    temperature: 0.9,
    seed: 21,
    max_tokens: 80,
    stop: ['never to be met'],
  });
  const read = () => json<ReceiptDocument>(`/v1/receipts/${answer.receipt_id}`);
  document = await answerOnce(read, ({ log }) => log !== null);
  const bytes = await fetch(`${server.url}/v1/receipts/${answer.receipt_id}/bundle`);
  expect(bytes.headers.get('content-type')).toBe('application/zip');
  bundle = new Uint8Array(await bytes.arrayBuffer());
  expect(bytes.headers.get('content-length')).toBe(String(bundle.length));
});

afterAll(async () => {
  await engine?.stop();
  await server?.stop();
});

/** Replays a bundle in this process; the engine outlives it and forgets the release. */
async function replay(bytes: Uint8Array): Promise<ReplayReport> {
  const path = join(folder, 'bundle.zip');
  writeFileSync(path, bytes);
  const lent = async () => {
    const { release } = document.receipt;
    const port = Object.create(engine) as Engine;
    port.stop = () => engine.unload(release);
    return port;
  };
  return unwrap(await replayBundle(path, lent, () => undefined));
}

/** The bundle with some files changed (or removed: null). */
function altered(change: (files: Unzipped) => Record<string, Uint8Array | null>): Uint8Array {
  const files = unzipSync(bundle);
  const merged = { ...files, ...change(files) };
  const kept = Object.entries(merged).filter((file): file is [string, Uint8Array] => file[1] !== null);
  return zipSync(Object.fromEntries(kept), { level: 0 });
}

function alteredJson(name: string, change: (value: never) => unknown): Uint8Array {
  return altered((files) => {
    const value = JSON.parse(Buffer.from(files[name]).toString()) as never;
    return { [name]: Buffer.from(canonicalJson(change(value) as Json)) };
  });
}

const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
const flippedHex = (text: string) => (text.startsWith('0') ? '1' : '0') + text.slice(1);
const wrongParts = ({ parts }: ReplayReport) => parts.filter(({ agrees }) => !agrees).map(({ part }) => part);

describe('a receipt', () => {
  it('is in the log, and says what was asked', () => {
    expect(document.log).not.toBeNull();
    expect(document.receipt.request.seed).toBe(21);
    expect(document.receipt.commitments).toHaveLength(Math.ceil(document.receipt.output.tokens / 32));
    expect(document.receipt.output.tokens).toBeGreaterThan(40);
  });

  it('replays on the server', async () => {
    const report = await json<ReplayReport>(`/v1/receipts/${document.receipt.id}/replay`, {});
    expect(report).toMatchObject({ agrees: true, first_difference: null });
    expect(report.parts.length).toBeGreaterThan(6);
  });

  it('is confirmed when presented, and refused when altered', async () => {
    expect(await json<ReplayReport>('/v1/receipts/verify', document)).toMatchObject({ agrees: true });
    const other = { ...document.receipt, started_at: document.receipt.started_at + 1 };
    const report = await json<ReplayReport>('/v1/receipts/verify', { receipt: other });
    expect(wrongParts(report)).toEqual(expect.arrayContaining(['id', 'signature', 'log']));
    await expect(json('/v1/receipts/verify', { receipt: { ...other, extra: 1 } })).rejects.toThrow(
      /RECEIPT_SHAPE/,
    );
  });

  it('is checked by the command from a file alone, and from its id', async () => {
    const path = join(folder, 'receipt.json');
    const nowhere = { DATA_DIR: join(folder, 'not-there') };
    writeFileSync(path, JSON.stringify(document));
    const good = await runCommand(['verify', path, '--json'], nowhere);
    expect([good.code, JSON.parse(good.stdout)]).toEqual([0, expect.objectContaining({ agrees: true })]);
    const { receipt } = document;
    const altered = { ...document, receipt: { ...receipt, finished_at: receipt.finished_at + 1 } };
    writeFileSync(path, JSON.stringify(altered));
    const bad = await runCommand(['verify', path], nowhere);
    expect([bad.code, bad.stdout]).toEqual([1, expect.stringContaining('✗ signature')]);
    const known = await runCommand(['verify', receipt.id, '--json'], { DATA_DIR: server.dataDir });
    expect([known.code, JSON.parse(known.stdout)]).toEqual([0, expect.objectContaining({ agrees: true })]);
    const replayed = await runCommand(['replay', receipt.id, '--json'], { DATA_DIR: server.dataDir });
    expect([replayed.code, JSON.parse(replayed.stdout)]).toEqual([
      0,
      expect.objectContaining({ agrees: true }),
    ]);
    expect((await runCommand(['verify'], nowhere)).code).toBe(2);
  });

  it('is found in pages, newest first', async () => {
    await json('/chat', { prompt: 'Compute 1 + 1.' });
    const first = await json<{ items: { id: string }[]; next_cursor: string }>('/v1/receipts?limit=1');
    const rest = await json<{ items: { id: string }[]; next_cursor: null }>(
      `/v1/receipts?limit=200&cursor=${first.next_cursor}`,
    );
    expect(first.items[0].id).not.toBe(document.receipt.id);
    expect(rest.items.map(({ id }) => id)).toContain(document.receipt.id);
    expect(rest.next_cursor).toBeNull();
  });

  it('is the same commitment list for the same prompt, seed and salt', async () => {
    const ask = async () => {
      const answer = await json<{ receipt_id: string }>('/v1/chat/completions', {
        model: 'genesis',
        messages: [{ role: 'user', content: 'Tell me a story about a hen.' }],
        temperature: 1,
        seed: 9,
        receipt_salt: 'ab'.repeat(32),
      });
      const { receipt } = await json<ReceiptDocument>(`/v1/receipts/${answer.receipt_id}`);
      return { commitments: receipt.commitments, request: receipt.request, output: receipt.output };
    };
    const [one, ...others] = await Promise.all([ask(), ask(), ask(), ask()]);
    for (const other of others) expect(other).toEqual(one);
  });
});

/** Where the first tile of a payload begins: behind the 128-byte header of its first TensorBlock. */
const FIRST_SCALE = 128;

describe('the receipt of an answer that a stop string cut', () => {
  it('counts the experts of the tokens it states, as if they had been all that was wanted', async () => {
    const ask = async (changes: object) => {
      const answer = await json<{ receipt_id: string }>('/v1/chat/completions', {
        model: 'genesis',
        messages: [{ role: 'user', content: 'Tell me a story about a fox.' }],
        ...{ temperature: 0.9, seed: 21, max_tokens: 80 },
        ...changes,
      });
      return json<typeof document>(`/v1/receipts/${answer.receipt_id}`);
    };
    const { text } = document.evidence!;
    const middle = Math.floor(text.length / 2);
    const cut = await ask({ stop: [text.slice(middle, middle + 5)] });
    const { tokens, finish } = cut.receipt.output;
    expect([finish, tokens < 80]).toEqual(['stop', true]);
    const whole = await ask({ max_tokens: tokens });
    expect(whole.evidence!.output_ids).toEqual(cut.evidence!.output_ids);
    expect(whole.receipt.output.finish).toBe('length');
    expect(cut.receipt.experts).toEqual(whole.receipt.experts);
  });
});

describe('a bundle', () => {
  it('replays without server or database, by the command', async () => {
    const path = join(folder, 'whole.zip');
    writeFileSync(path, bundle);
    const nowhere = { DATA_DIR: join(folder, 'not-there') };
    const { code, stdout } = await runCommand(['replay', path, '--json'], nowhere);
    expect(JSON.parse(stdout)).toMatchObject({ receipt_id: document.receipt.id, agrees: true });
    expect(code).toBe(0);
  });

  it('agrees as it is', async () => {
    const report = await replay(bundle);
    expect(wrongParts(report)).toEqual([]);
    expect(report.first_difference).toBeNull();
  });

  it('tells which block was altered, and from which token on it matters', async () => {
    const { name, block } = [...document.receipt.experts].sort((a, b) => b.tokens - a.tokens)[0];
    const report = await replay(
      altered((files) => {
        const { payload_hash } = JSON.parse(Buffer.from(files[`headers/${block}.json`]).toString()) as {
          payload_hash: string;
        };
        const file = `payloads/${payload_hash}`;
        // In the first scale of the expert's first matrix: a single weight may meet nothing but zeros.
        return { [file]: flipped(files[file], FIRST_SCALE + 2) };
      }),
    );
    expect(report.first_difference?.part).toBe(`block ${name}`);
    expect(wrongParts(report)).toContain('commitments');
    expect(report.first_difference!.token % 32).toBe(0);
  });

  it('tells that a header was altered', async () => {
    const { name, block } = document.receipt.experts[0];
    const report = await replay(
      alteredJson(`headers/${block}.json`, (header: { timestamp: number }) => ({
        ...header,
        timestamp: header.timestamp + 1,
      })),
    );
    expect(wrongParts(report)).toEqual([`block ${name}`]);
  });

  it('tells that a block is missing', async () => {
    const { name, block } = document.receipt.experts[0];
    const report = await replay(altered(() => ({ [`headers/${block}.json`]: null })));
    expect(wrongParts(report)).toEqual([`block ${name}`, 'replay']);
  });

  type Evidence = { salt: string; output_ids: number[]; prompt_ids: number[]; text: string; stop: string[] };
  const evidence: [string, (value: Evidence) => Evidence, string[], number][] = [
    [
      'an answer token',
      (value) => ({ ...value, output_ids: value.output_ids.map((id, i) => (i === 40 ? id ^ 1 : id)) }),
      ['tokens', 'commitments'],
      32,
    ],
    [
      'a prompt token',
      (value) => ({ ...value, prompt_ids: [1, ...value.prompt_ids.slice(1, -1), 5] }),
      ['prompt'],
      0,
    ],
    ['the salt', (value) => ({ ...value, salt: flippedHex(value.salt) }), ['salt', 'commitments'], 0],
    ['the text', (value) => ({ ...value, text: `${value.text}.` }), ['text'], 0],
    ['a stop string', (value) => ({ ...value, stop: ['never to be me'] }), ['prompt'], 0],
  ];

  it.each(evidence)('tells that %s was altered', async (_, change, parts, token) => {
    const report = await replay(alteredJson('evidence.json', change));
    expect(wrongParts(report)).toEqual(expect.arrayContaining(parts));
    expect(report.first_difference).toEqual({ part: parts[0], token });
  });

  const statements: [string, (receipt: Receipt) => Receipt, string[]][] = [
    [
      'the seed',
      (r) => ({ ...r, request: { ...r.request, seed: 20 } }),
      ['id', 'signature', 'log', 'commitments'],
    ],
    [
      'a parameter',
      (r) => ({ ...r, request: { ...r.request, parameters: { ...r.request.parameters, top_p: 0.5 } } }),
      ['id', 'signature', 'log', 'commitments'],
    ],
    [
      'a commitment',
      (r) => ({ ...r, commitments: r.commitments.map((c, i) => (i === 1 ? flippedHex(c) : c)) }),
      ['id', 'signature', 'log', 'commitments'],
    ],
    ['the signature', (r) => ({ ...r, signature: flippedHex(r.signature) }), ['signature', 'log']],
    ['the list of experts', (r) => ({ ...r, experts: r.experts.slice(1) }), ['id', 'signature', 'log']],
  ];

  it.each(statements)('tells that %s was altered', async (_, change, parts) => {
    const report = await replay(alteredJson('receipt.json', change as never));
    expect(wrongParts(report)).toEqual(expect.arrayContaining(parts));
    expect(report.first_difference?.part).toBe(parts[0]);
  });

  it('names the first commitment that was altered by its tokens', async () => {
    const report = await replay(
      alteredJson('receipt.json', ((r: Receipt) => ({
        ...r,
        commitments: r.commitments.map((c, i) => (i === 1 ? flippedHex(c) : c)),
      })) as never),
    );
    expect(report.parts.find(({ part }) => part === 'commitments')).toMatchObject({
      agrees: false,
      token: 32,
    });
  });

  it('does not believe a receipt that somebody else signed anew', async () => {
    const key = ed25519.utils.randomSecretKey();
    const resigned = ((receipt: Receipt) => {
      const body = { ...receiptBody(receipt), started_at: 1, node: bytesToHex(ed25519.getPublicKey(key)) };
      const unsigned = { ...body, id: receiptId(body) };
      return { ...unsigned, signature: bytesToHex(ed25519.sign(receiptMessage(unsigned), key)) };
    }) as never;
    const report = await replay(alteredJson('receipt.json', resigned));
    expect(wrongParts(report)).toEqual(['log']);
  });

  it.each([
    ['leaf', (log: { leaf: string }) => ({ ...log, leaf: log.leaf.replace('receipt', 'receipts') })],
    ['path', (log: { proof: string[] }) => ({ ...log, proof: log.proof.map(flippedHex) })],
    ['number', (log: { index: number }) => ({ ...log, index: log.index - 1 })],
    [
      'checkpoint',
      (log: { checkpoint: string }) => ({ ...log, checkpoint: log.checkpoint.replace(/\n\d+\n/, '\n99\n') }),
    ],
  ])('tells that the %s of the log proof was altered', async (_, change) => {
    expect(wrongParts(await replay(alteredJson('log.json', change as never)))).toEqual(['log']);
  });

  it('tells that the kernel was altered', async () => {
    const report = await replay(altered((files) => ({ 'kernel.wasm': flipped(files['kernel.wasm'], 2000) })));
    expect(report.first_difference).toEqual({ part: 'kernel', token: 0 });
  });

  it('is refused when it is no bundle', async () => {
    const path = join(folder, 'broken.zip');
    for (const bytes of [bundle.subarray(0, 5000), readFileSync(join(packageRoot(), 'package.json'))]) {
      writeFileSync(path, bytes);
      const outcome = await replayBundle(
        path,
        () => Promise.reject(new Error('not reached')),
        () => undefined,
      );
      expect(!outcome.ok && outcome.error.code).toBe('ZIP_INVALID');
    }
    const { code, stderr } = await runCommand(['replay', join(folder, 'nothing.zip')], { DATA_DIR: folder });
    expect([code, stderr]).toEqual([1, expect.stringContaining('BUNDLE_UNREADABLE')]);
  });
});
