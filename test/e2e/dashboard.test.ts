import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { lastingPort, startServer, type TestServer } from '../support/index.js';
import { ask, browserTests, launchBrowser, openPage, verdict } from './dashboard-support.js';

/** An answer of full length: liking what was said before, the model goes round in circles and never ends by itself. */
const LONG = {
  model: 'genesis',
  messages: [{ role: 'user', content: 'Tell a story about a lonely fox.' }],
  temperature: 0.9,
  frequency_penalty: -2,
  max_tokens: 200,
  seed: 1,
};

browserTests('dashboard', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    // A port that it can have again when it comes back.
    const env = { PORT: String(await lastingPort()) };
    [server, browser] = await Promise.all([startServer({ env }), launchBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function longReceipt(): Promise<string> {
    const answer = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(LONG),
    });
    const body = (await answer.json()) as { receipt_id: string; usage: { completion_tokens: number } };
    expect(body.usage.completion_tokens).toBe(LONG.max_tokens);
    return body.receipt_id;
  }

  it('streams an answer, shows what produced it, and proves it', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(server.url);
    const id = await ask(page, 'Sort these words: purple, black, grey.');
    const answer = page.getByRole('article').last();
    expect(await answer.innerText()).toContain('black, grey, purple.');
    expect(await answer.innerText()).toMatch(/\d+ tokens[\s\S]*genesis 1\.0\.0[\s\S]*seed/);
    await answer.getByRole('button', { name: 'Verify' }).click();
    const { outcome, text } = await verdict(page);
    expect(outcome).toBe('agrees');
    expect(text).toMatch(
      /This answer was produced by genesis 1\.0\.0, kernel [0-9a-f]{4}…[0-9a-f]{4}, and every one of \d+ tokens agrees/,
    );
    expect(await page.locator('[data-step]').evaluateAll(states)).toEqual(Array(7).fill('passed'));
    const cells = await page.locator('[data-cell]').evaluateAll(states);
    expect(cells.length).toBeGreaterThan(14);
    expect(new Set(cells)).toEqual(new Set(['agreed']));
    expect(id).toMatch(/^rcpt_[0-9a-f]{32}$/);
    expect(complaints).toEqual([]);
    await close();
  });

  it('verifies an answer of 200 tokens', async () => {
    const id = await longReceipt();
    const { page, close } = await openPage(browser);
    await page.goto(`${server.url}/receipts/${id}?verify=1`);
    const { outcome, text } = await verdict(page);
    expect(outcome).toBe('agrees');
    expect(text).toContain('every one of 200 tokens agrees');
    await close();
  });

  it('names a block that was altered on its way', async () => {
    const { page, close } = await openPage(browser);
    await page.goto(server.url);
    const id = await ask(page, 'Compute 99 - 44.');
    const victim = await blockOf('layer2.router');
    await page.route(`**/chain/B/blocks/${victim}/payload`, async (route) => {
      const answer = await route.fetch();
      const body = await answer.body();
      body[200] ^= 1;
      await route.fulfill({ response: answer, body });
    });
    await page.goto(`${server.url}/receipts/${id}?verify=1`);
    const { outcome, text } = await verdict(page);
    expect(outcome).toBe('differs');
    expect(text).toMatch(
      /One thing does not agree:\s+layer2\.router: the payload does not agree: it hashes to/,
    );
    expect(await page.locator('[data-cell="layer2.router"]').getAttribute('data-state')).toBe('failed');
    expect(await page.locator('[data-step="replay"]').getAttribute('data-state')).toBe('open');
    await close();
  });

  it('names a block that was altered on the disk of the server', async () => {
    const { page, close } = await openPage(browser);
    await page.goto(server.url);
    const id = await ask(page, 'Compute 12 + 30.');
    const victim = await blockOf('layer4.attention');
    const answer = await fetch(`${server.url}/chain/B/blocks/${victim}`);
    const { header } = (await answer.json()) as { header: { payload_hash: string } };
    const file = findFile(join(server.dataDir, 'blobs'), header.payload_hash);
    const intact = readFileSync(file);
    const altered = Buffer.from(intact);
    altered[4096] ^= 16;
    writeFileSync(file, altered);
    try {
      await page.goto(`${server.url}/receipts/${id}?verify=1`);
      const { outcome, text } = await verdict(page);
      expect(outcome).toBe('differs');
      expect(text).toContain('layer4.attention');
      expect(await page.locator('[data-cell="layer4.attention"]').getAttribute('data-state')).toBe('failed');
    } finally {
      writeFileSync(file, intact);
    }
    await close();
  });

  it('says from which token on an altered answer parts from its receipt', async () => {
    const id = await longReceipt();
    const { page, close } = await openPage(browser);
    await page.route(`**/v1/receipts/${id}`, async (route) => {
      const answer = await route.fetch();
      const document = (await answer.json()) as { evidence: { output_ids: number[] } };
      const { output_ids: ids } = document.evidence;
      ids[70] = ids[70] === 100 ? 101 : 100;
      await route.fulfill({ response: answer, json: document });
    });
    await page.goto(`${server.url}/receipts/${id}?verify=1`);
    const { outcome, text } = await verdict(page);
    expect(outcome).toBe('differs');
    expect(text).toMatch(/tokens: token 70 is 10[01], the replay picks \d+; from token 70 on/);
    expect(text).toMatch(/commitments: commitment 2 disagrees.*from token 64 on/);
    await close();
  });

  it('holds each checkpoint against the log it saw before', async () => {
    const { page, close } = await openPage(browser);
    await page.goto(`${server.url}/status`);
    await page.getByText(/since \d+ leaves on/).waitFor();
    await page.goto(server.url);
    await ask(page, 'Name the capital of Spain.');
    await page.goto(`${server.url}/status`);
    await page.getByText('only grown').waitFor();
    await page.route('**/log/proof/consistency?*', async (route) => {
      const answer = await route.fetch();
      const proof = (await answer.json()) as { path: string[] };
      await route.fulfill({
        response: answer,
        json: { ...proof, path: proof.path.map(() => '0'.repeat(64)) },
      });
    });
    await page.goto(server.url);
    await ask(page, 'Name the capital of Peru.');
    await page.goto(`${server.url}/status`);
    await page.getByText(/the log of \d+ leaves is not the beginning of that of \d+/).waitFor();
    await close();
  });

  it('notices a lost server at once and comes back by itself', async () => {
    const { page, close } = await openPage(browser);
    await page.goto(`${server.url}/status`);
    await page.getByText('Throughput').first().waitFor();
    const port = new URL(server.url).port;
    await server.stop();
    await page.getByText('live data lost, reconnecting').waitFor();
    server = await startServer({
      dataDir: server.dataDir,
      database: server.databaseUrl ?? 'embedded',
      env: { PORT: port },
    });
    await page.getByText('live data lost, reconnecting').waitFor({ state: 'detached' });
    await close();
  });

  async function blockOf(name: string): Promise<string> {
    const answer = await fetch(`${server.url}/chain/B/blocks?name=${name}`);
    return ((await answer.json()) as { items: { hash: string }[] }).items[0].hash;
  }
});

function states(elements: unknown[]): (string | undefined)[] {
  return (elements as { dataset: Record<string, string | undefined> }[]).map(({ dataset }) => dataset.state);
}

/** The file whose path ends in a hash, however the blob store spreads its folders. */
function findFile(folder: string, hash: string): string {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (name.replaceAll(/[^0-9a-f]/g, '').endsWith(hash) && statSync(path).isFile()) return path;
  }
  throw new Error(`no file for ${hash}`);
}
