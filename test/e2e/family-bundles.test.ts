import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync, zipSync, type Unzipped } from 'fflate';
import { packageRoot } from '../../src/common/installation.js';
import { runCommand, startServer, type TestServer } from '../support/index.js';
import { browserTests, launchBrowser, openPage, verdict } from './dashboard-support.js';

/** A small model of each family besides Mixtral, and a block of it that has parts which Mixtral's lack. */
const MODELS = [
  ['qwen3_moe-a-bf16', 'qwen3_moe', 'layer1.attention'],
  ['olmoe-a-bf16', 'olmoe', 'layer0.attention'],
  ['gpt_oss-a-bf16', 'gpt_oss', 'layer0.router'],
  ['gpt_oss-a-mxfp4', 'gpt_oss', 'layer1.attention'],
] as const;

interface Header {
  readonly name: string;
  readonly block_type: string;
  readonly payload_hash: string;
}

interface Report {
  readonly parts: readonly { readonly part: string; readonly agrees: boolean }[];
  readonly first_difference: { readonly part: string } | null;
}

const folder = mkdtempSync(join(tmpdir(), 'stemma-families-'));
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

/** Imports a golden folder and asks its model, which has no tokenizer, for tokens. @returns the receipt's id */
async function answerOf(golden: string): Promise<string> {
  const source = join(packageRoot(), 'test/vectors/golden', golden);
  const imported = await runCommand(['--json', 'import', source], { DATA_DIR: server.dataDir });
  expect([imported.code, imported.stderr]).toEqual([0, imported.stderr]);
  const { model } = JSON.parse(imported.stdout) as { model: string };
  const reference = JSON.parse(readFileSync(join(source, 'reference.json'), 'utf8')) as {
    input_ids: number[][];
  };
  const prompt = reference.input_ids[0];
  const response = await fetch(`${server.url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, prompt, max_tokens: 40, temperature: 0.9, seed: 11 }),
  });
  const answer = (await response.json()) as { receipt_id: string; usage: { completion_tokens: number } };
  expect([response.status, answer.usage.completion_tokens]).toEqual([200, 40]);
  return answer.receipt_id;
}

/** With one thread and room for few experts, where the server had two threads and room for all. */
async function replay(name: string, bytes: Uint8Array): Promise<{ code: number | null; report: Report }> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const env = { DATA_DIR: join(folder, 'nowhere'), INFERENCE_THREADS: '1', EXPERT_CACHE_MB: '1' };
  const { code, stdout, stderr } = await runCommand(['--json', 'replay', path], env);
  expect([stderr, stdout]).toEqual([stderr, expect.stringContaining('parts')]);
  return { code, report: JSON.parse(stdout) as Report };
}

const headersOf = (files: Unzipped): Header[] =>
  Object.entries(files)
    .filter(([path]) => path.startsWith('headers/'))
    .map(([, bytes]) => JSON.parse(Buffer.from(bytes).toString()) as Header);

describe('the bundle of an answer', () => {
  it.each(MODELS)(
    'of %s replays to the last bit by the command, and tells an altered block',
    async (golden, family, block) => {
      const id = await answerOf(golden);
      const response = await fetch(`${server.url}/v1/receipts/${id}/bundle`);
      const bundle = new Uint8Array(await response.arrayBuffer());
      const { code, report } = await replay(`${golden}.zip`, bundle);
      const wrong = report.parts.filter(({ agrees }) => !agrees);
      expect([code, wrong, report.first_difference]).toEqual([0, [], null]);

      const files = unzipSync(bundle);
      const headers = headersOf(files);
      const meta = headers.find(({ block_type }) => block_type === 'meta')!;
      expect(Buffer.from(files[`payloads/${meta.payload_hash}`]).toString()).toContain(`"${family}"`);
      const payload = `payloads/${headers.find(({ name }) => name === block)!.payload_hash}`;
      const last = files[payload].length - 2;
      files[payload] = files[payload].map((byte, i) => (i === last ? byte ^ 0x55 : byte));
      const altered = await replay(`${golden}-altered.zip`, zipSync(files, { level: 0 }));
      expect([altered.code, altered.report.first_difference?.part]).toEqual([1, `block ${block}`]);
    },
  );
});

browserTests('the receipt of a model without a tokenizer', () => {
  it('is verified in the browser, where its tokens are shown by their ids', async () => {
    const id = await answerOf('gpt_oss-a-mxfp4');
    const browser = await launchBrowser();
    try {
      const { page } = await openPage(browser);
      await page.goto(`${server.url}/receipts/${id}?verify=1`);
      const { outcome, text } = await verdict(page);
      expect([outcome, text]).toEqual(['agrees', expect.stringContaining('every one of 40 tokens agrees')]);
    } finally {
      await browser.close();
    }
  });
});
