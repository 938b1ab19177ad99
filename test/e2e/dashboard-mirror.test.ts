import { Client } from 'pg';
import type { Browser } from 'playwright-core';
import { api, type DecisionDocument } from '../support/autonomy.js';
import { answerOnce, PATIENCE_MS, startServer, type TestServer } from '../support/index.js';
import { accessibilityFaults, browserTests, fits, launchBrowser, openPage } from './dashboard-support.js';

/** A measurement computes some thousand answers. */
const MEASURING_MS = 2 * PATIENCE_MS;

browserTests('the Truth mirror and Resonance pages', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server.stop();
  });

  it('measures a release live, shows and saves its report, and puts another beside it', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/truth-mirror`);
    await page.getByText('No release has been measured yet').waitFor();
    for (const nth of [1, 2]) {
      await page.getByRole('button', { name: 'Measure', exact: true }).click();
      await page.getByText(/is being measured/).waitFor();
      await page.getByText(/is being measured/).waitFor({ state: 'detached', timeout: MEASURING_MS });
      await page.getByRole('article', { name: 'Report on genesis 1.0.0' }).waitFor();
      expect(await page.getByRole('article').count()).toBe(1);
      await page.getByRole('combobox', { name: 'Report' }).click();
      await page
        .getByRole('option')
        .nth(nth - 1)
        .waitFor();
      await page.keyboard.press('Escape');
    }
    await page.getByRole('img', { name: /Groups of the axis gender/ }).waitFor();
    expect(await page.getByText(/not known: only \d+ of 32 items/).count()).toBe(1);
    // Licence, author and data of the genesis model.
    expect(await page.getByText('not stated', { exact: true }).count()).toBe(3);
    expect(await accessibilityFaults(page)).toEqual([]);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save report' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('truth-mirror-genesis-1.0.0.json');
    await page.getByPlaceholder('Nothing beside it').click();
    await page.getByRole('option').first().click();
    await page.waitForURL(/beside=mirror_/);
    await page.getByRole('article').nth(1).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('button', { name: 'Print' }).isVisible()).toBe(false);
    expect(await page.getByRole('navigation', { name: 'Pages' }).first().isVisible()).toBe(false);
    expect(await page.getByRole('article').first().isVisible()).toBe(true);
    expect(complaints).toEqual([]);
    await close();
  });

  it('draws what is measured now, says it in words, and invents nothing', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/resonance`);
    const row = (name: string) => page.locator(`li[data-phase=${name}]`);
    await row('load').getByText('0 running, 0 waiting').waitFor();
    await row('health')
      .getByText(/probes well/)
      .waitFor();
    // Nothing was decided yet, and nothing is being learnt: the first cannot be measured, the second is.
    expect(await row('confidence').innerText()).toContain('no data');
    await row('learning').getByText('0 %', { exact: true }).waitFor();
    expect(await page.getByRole('img').getAttribute('aria-labelledby')).toBe('resonance-words');
    expect(await page.locator('#resonance-words').innerText()).toMatch(
      /^Four rings, from the inside outwards: load 0 %, confidence no data, health \d+ %, learning 0 %\.$/,
    );
    const ring = page.locator('path[data-phase=health]');
    const before = await ring.getAttribute('d');
    // The page's policy forbids the evaluation that waiting for a function needs.
    await answerOnce(
      () => ring.getAttribute('d'),
      (now) => now !== before,
    );
    const decision = await decideSomething(server);
    const sure = `${Math.round(decision.confidence.estimate * 100)} %`;
    await row('confidence').getByText(sure, { exact: true }).waitFor();
    await settleAnEpoch(server);
    await row('learning').getByText('33 %', { exact: true }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('stands still where less motion is wanted', async () => {
    const { page, close } = await openPage(browser, { reducedMotion: 'reduce', colorScheme: 'dark' });
    await page.goto(`${server.url}/resonance`);
    await page
      .locator('li[data-phase=health]')
      .getByText(/probes well/)
      .waitFor();
    // All figures come together: once one is there, no ring waits for its first.
    await page.locator('li[data-phase=learning]').getByText(/\d %/).waitFor();
    // Counted over seconds of live samples: the same values (as the words say them) must give the same picture.
    const changes = await page.evaluate(`new Promise((resolve) => {
      const pictures = new Map();
      let count = 0;
      const svg = document.querySelector('svg[aria-labelledby=resonance-words]');
      const look = () => {
        const words = document.getElementById('resonance-words').textContent;
        const picture = [...svg.querySelectorAll('path[data-phase]')].map((path) => path.getAttribute('d')).join();
        if ((pictures.get(words) ?? picture) !== picture) count++;
        pictures.set(words, picture);
      };
      look();
      new MutationObserver(look).observe(svg, { subtree: true, attributes: true, attributeFilter: ['d'] });
      setTimeout(() => resolve(count), 2500);
    })`);
    expect(changes).toBe(0);
    await page.locator('path[data-front]').first().waitFor({ state: 'detached' });
    expect(await accessibilityFaults(page)).toEqual([]);
    await close();
  });

  it('are readable at 390 px', async () => {
    const { page, close } = await openPage(browser, { viewport: { width: 390, height: 844 } });
    for (const [path, shown] of [
      ['/truth-mirror', 'What these figures do not say'],
      ['/resonance', 'probes well'],
    ]) {
      await page.goto(server.url + path);
      await page.getByText(shown).first().waitFor();
      await fits(page, 390);
      expect(await accessibilityFaults(page)).toEqual([]);
    }
    await close();
  });
});

/** Asks for something that the server is not sure of: it is decided and recorded, and waits for a guardian. */
async function decideSomething(server: TestServer): Promise<DecisionDocument> {
  const more = { type: 'scaling', action: 'scale_up', parameters: { streams: 17 }, reason: 'a trial' };
  const { body } = await api(server, 'POST', '/api/autonomous/decision', more);
  expect(body).toMatchObject({ state: 'waiting' });
  return body as unknown as DecisionDocument;
}

/** Writes what an epoch that was settled just now leaves. */
async function settleAnEpoch({ databaseUrl }: TestServer): Promise<void> {
  const client = new Client({ connectionString: databaseUrl ?? undefined });
  await client.connect();
  await client
    .query(
      `INSERT INTO reward_epochs (number, first_leaf, end_leaf, hash, summary, record)
       VALUES (1, 0, 1, repeat('ab', 32), '{}', '{}')`,
    )
    .finally(() => client.end());
}
