import type { Browser } from 'playwright-core';
import { startServer, type TestServer } from '../support/index.js';
import {
  accessibilityFaults,
  browserTests,
  launchBrowser,
  openPage,
  PATIENCE_MS,
} from './dashboard-support.js';

/** Longest time a measurement may take on a busy machine, ms: it computes some thousand answers. */
const MEASURING_MS = 130_000;

browserTests('the Truth mirror and Resonance pages', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer();
    browser = await launchBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server.stop();
  }, 60_000);

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
  }, 300_000);

  it('draws what is measured now, says it in words, and invents nothing', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/resonance`);
    const row = (name: string) => page.locator(`li[data-phase=${name}]`);
    await row('load').getByText('0 running, 0 waiting').waitFor();
    await row('health')
      .getByText(/probes well/)
      .waitFor();
    for (const nothing of ['confidence', 'learning'])
      expect(await row(nothing).innerText()).toContain('no data');
    expect(await page.getByRole('img').getAttribute('aria-labelledby')).toBe('resonance-words');
    expect(await page.locator('#resonance-words').innerText()).toMatch(
      /^Four rings, from the inside outwards: load 0 %, confidence no data, health \d+ %, learning no data\.$/,
    );
    const ring = page.locator('path[data-phase=health]');
    const before = await ring.getAttribute('d');
    // The page's policy forbids the evaluation that waiting for a function needs.
    const end = Date.now() + PATIENCE_MS;
    while ((await ring.getAttribute('d')) === before && Date.now() < end);
    expect(await ring.getAttribute('d')).not.toBe(before);
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
    // Counted over a second of live samples: the same values must give the same picture.
    const changes = await page.evaluate(`new Promise((resolve) => {
      let count = 0;
      const watch = new MutationObserver((all) => {
        for (const { oldValue, target } of all) if (oldValue !== target.getAttribute('d')) count++;
      });
      watch.observe(document.querySelector('svg[aria-labelledby=resonance-words]'), {
        subtree: true, attributes: true, attributeFilter: ['d'], attributeOldValue: true });
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
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      expect(await accessibilityFaults(page)).toEqual([]);
    }
    await close();
  });
});
