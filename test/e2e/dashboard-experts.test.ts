import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { PolicyChoice } from '../../src/inference/cache-lab/index.js';
import { PATIENCE_MS, runCommand, startServer, temporaryFolder, type TestServer } from '../support/index.js';
import { accessibilityFaults, browserTests, launchBrowser, openPage } from './dashboard-support.js';

/** Half of the experts of genesis fit, so that something has to be loaded, and can be loaded early. */
const SIZES = { EXPERT_CACHE_MB: '6', EXPERT_PREFETCH: 'true', ROUTING_TRACE_MB: '4' };

interface CacheAnswer {
  readonly policy: string;
  readonly prefetch: { readonly loads: number; readonly used: number; readonly precision: number };
}

browserTests('the Experts page', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer({ env: SIZES });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const reading = async (page: Page, label: string) =>
    (await page.getByText(label, { exact: true }).locator('..').textContent())!.replace(label, '');
  const count = (value: number) => value.toLocaleString('en-GB');
  const percent = (share: number) =>
    (100 * share).toLocaleString('en-GB', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

  async function answer(prompt: string): Promise<void> {
    const response = await fetch(`${server.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'genesis', prompt, max_tokens: 60, seed: 1, temperature: 1 }),
    });
    expect([prompt, response.status]).toEqual([prompt, 200]);
  }

  /** Has the running server's own recording replayed. @returns what was written beside the picture */
  async function cacheLab(): Promise<PolicyChoice> {
    const out = temporaryFolder('cache-lab');
    const env = { DATA_DIR: server.dataDir, EXPERT_CACHE_MB: SIZES.EXPERT_CACHE_MB };
    const { code, stderr } = await runCommand(['cache-lab', 'genesis', '--out', out], env);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    return JSON.parse(readFileSync(join(out, 'genesis.json'), 'utf8')) as PolicyChoice;
  }

  it('shows what cache-lab found as curves and table, and how often foretold experts are used', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/experts`);
    await page.getByText('run stemma cache-lab').waitFor();
    expect(await reading(page, 'Foretold experts used')).toBe('–%not measured yet');
    const figure = page.getByRole('figure').filter({ hasText: 'Hit rate by cache size' });
    expect(await figure.count()).toBe(0);

    for (const prompt of ['Tell me a story.', 'A fox and a crow', 'What is 2 + 2?']) await answer(prompt);
    // before cache-lab has run, only the engine itself can say it
    await page.getByText('early loads used').waitFor();
    expect(await reading(page, 'Foretold experts used')).toMatch(
      /^\d+\.\d%[\d,]+ of [\d,]+ early loads used$/,
    );
    const found = await cacheLab();
    // the server reads figures and findings together, so these are the figures after all answers
    await figure.waitFor();
    const { prefetch } = (await (await fetch(`${server.url}/experts/cache`)).json()) as CacheAnswer;
    expect(prefetch.loads).toBeGreaterThan(0);
    expect(prefetch.precision).toBeGreaterThan(0);
    expect(await reading(page, 'Foretold experts used')).toBe(
      `${percent(prefetch.precision)}%${count(prefetch.used)} of ${count(prefetch.loads)} early loads used`,
    );
    expect(await reading(page, 'Gap to the optimum')).toMatch(
      `${percent(found.optimum - found.hit_rate)}%cache-lab, `,
    );
    expect(await figure.textContent()).toContain(
      `chosen for ${SIZES.EXPERT_CACHE_MB} MiB; dashed: the optimum`,
    );

    const names = Object.keys(found.curves[0].hit_rates) as (keyof (typeof found.curves)[0]['hit_rates'])[];
    await figure.getByText('Table').click();
    const rows = await figure.locator('tbody tr').all();
    const cells = await Promise.all(rows.map((row) => row.locator('td').allTextContents()));
    expect(cells.map((row) => row.slice(1))).toEqual(
      found.curves.map(({ hit_rates: rates }) => names.map((name) => `${percent(rates[name])} %`)),
    );

    const drawn: (string | null)[] = await figure
      .locator('polyline')
      .evaluateAll((lines) => lines.map((line) => line.getAttribute('points')));
    const lines = drawn.map((points) => points!.split(' ').map((point) => point.split(',').map(Number)));
    expect(lines.map((points) => points.length)).toEqual(names.map(() => found.curves.length));
    const optimum = lines.at(-2)!;
    for (const points of lines) {
      // downwards is less: nothing is drawn above the optimum
      points.forEach(([x, y], i) => expect([x, y >= optimum[i][1]]).toEqual([optimum[i][0], true]));
      expect(points[0][1]).toBeGreaterThan(points.at(-1)![1]);
    }
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows what leaving an expert out was measured to do in each domain', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/experts`);
    await page.getByRole('heading', { name: 'Experts', exact: true }).waitFor();
    expect(await page.getByText('Left out').count()).toBe(0);
    const asked = await fetch(`${server.url}/experts/opt-out`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'genesis', experts: ['layer1.expert2'], reason: 'to see it' }),
    });
    expect(asked.status).toBe(202);
    await page.getByText('genesis without layer1.expert2').waitFor();
    await page.getByText('waits for its decision').waitFor({ timeout: PATIENCE_MS });
    const table = page.getByRole('table').filter({ hasText: 'Less by' });
    expect(await table.locator('tbody tr').count()).toBe(9);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
});
