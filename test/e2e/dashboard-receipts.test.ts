import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { packageRoot } from '../../src/common/installation.js';
import { runCommand, startServer, type TestServer } from '../support/index.js';
import { randomNumbers } from '../support/schedules.js';
import { browserTests, launchBrowser, openPage, verdict } from './dashboard-support.js';

const ANSWERS = 6;
/** Golden checkpoints, which have no tokenizer: prompts are ids. */
const IMPORTED = [
  ['gpt_oss-a', 'q8'],
  ['qwen3_moe-a', 'q4'],
] as const;
const WORDS = ['Sort', 'these', 'words', 'purple', 'fox', 'story', '7', '+', '12', 'why', 'größer', '🦊'];

type Draw = (below: number) => number;

browserTests('receipts of random answers', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    const { dataDir, databaseUrl } = server;
    const environment = { DATA_DIR: dataDir, DATABASE_URL: databaseUrl ?? '' };
    for (const [name, dtype] of IMPORTED) {
      const folder = join(packageRoot(), 'test', 'vectors', 'golden', name);
      const options = ['--name', dtype, '--dtype', dtype, '--no-measure'];
      const { code, stderr } = await runCommand(['import', folder, ...options], environment);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    }
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** A request of drawn length, sampling and seed; the models take turns. */
  function draw(random: Draw, place: number): Record<string, unknown> {
    const model = ['genesis', 'q8', 'q4'][place % 3];
    const share = () => random(1001) / 1000;
    const ids = Array.from({ length: 1 + random(120) }, () => random(380));
    const text = Array.from({ length: 1 + random(30) }, () => WORDS[random(WORDS.length)]).join(' ');
    return {
      model,
      prompt: model === 'genesis' ? text : ids,
      max_tokens: 1 + random(60),
      temperature: random(4) === 0 ? 0 : 2 * share(),
      ...{ top_p: 0.05 + 0.95 * share(), seed: random(2 ** 31) },
      ...{ presence_penalty: 2 * share() - 1, frequency_penalty: 2 * share() - 1 },
      ...(random(3) === 0 && { logit_bias: { [random(300)]: 20 * share() - 10 } }),
    };
  }

  async function receiptOf(request: Record<string, unknown>): Promise<string> {
    const answer = await fetch(`${server.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    const body = (await answer.json()) as { receipt_id?: string };
    expect({ request, body }).toMatchObject({ body: { receipt_id: expect.stringMatching(/^rcpt_/) } });
    return body.receipt_id ?? '';
  }

  it('asked for at once are replayed to the same commitments in the browser', async () => {
    // The same answers in every run, so that none fails by what was drawn.
    const seed = Number(process.env.STEMMA_SEED ?? 20_261_122);
    const random = randomNumbers(seed);
    const requests = Array.from({ length: ANSWERS }, (_, place) => draw(random, place));
    const receipts = await Promise.all(requests.map(receiptOf));
    const { page, close } = await openPage(browser);
    for (const [i, id] of receipts.entries()) {
      await page.goto(`${server.url}/receipts/${id}?verify=1`);
      const { outcome, text } = await verdict(page);
      expect({ seed, request: requests[i], text, outcome }).toMatchObject({ outcome: 'agrees' });
    }
    await close();
  });
});
