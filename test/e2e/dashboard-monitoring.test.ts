import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { startServer, temporaryFolder, type TestServer } from '../support/index.js';
import { call } from '../support/tasks.js';
import { accessibilityFaults, browserTests, launchBrowser, openPage } from './dashboard-support.js';

browserTests('the Monitoring and Healing pages', () => {
  const policies = temporaryFolder('policies');
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer({
      env: { IMPORT_GENESIS: 'false', POLICY_DIR: policies, HEALING: 'auto', HEALING_SECONDS: '1' },
      until: 'listening',
    });
    browser = await launchBrowser();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await server.stop();
  }, 60_000);

  /** A picture for people to look at, where somebody wants one. */
  const picture = process.env.STEMMA_PICTURES;

  it('shows agents and alerts live, and takes what somebody knows', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/monitoring`);
    await page.getByText('Nothing troubles the server').waitFor();
    await page.getByRole('button', { name: 'Let performance look now' }).click();
    await page.getByRole('heading', { name: 'performance' }).waitFor();
    await page.getByText('Event loop, late by').waitFor();
    writeFileSync(join(policies, 'broken.yaml'), 'version: 1\nrules: nothing\n');
    await page.getByText('tasks.POLICY_BROKEN').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    if (picture !== undefined) await page.screenshot({ path: `${picture}/monitoring.png`, fullPage: true });
    await page.getByLabel('What you know about tasks.POLICY_BROKEN').fill('being put right');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('Nothing troubles the server').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('diagnoses, uses a remedy with a reason, and shows how remedies fared', async () => {
    const { page, complaints, close } = await openPage(browser, { colorScheme: 'dark' });
    await page.goto(`${server.url}/healing`);
    await page.getByText('Nothing has gone wrong yet').waitFor();
    await page.getByRole('button', { name: 'Diagnose now' }).click();
    expect(await page.getByRole('button', { name: 'Use it now' }).isDisabled()).toBe(true);
    await page.getByRole('combobox', { name: 'Remedy' }).click();
    await page.getByRole('option', { name: 'run_gc' }).click();
    await page.getByText('memory that nothing refers to').waitFor();
    await page.getByLabel('Reason').fill('a drill');
    await page.getByRole('button', { name: 'Use it now' }).click();
    await page.getByText(/the collector gave back/).waitFor();
    await page.getByText('of 1 attempt').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    if (picture !== undefined) await page.screenshot({ path: `${picture}/healing.png`, fullPage: true });
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows an incident as it happens', async () => {
    const { page, close } = await openPage(browser);
    await page.goto(`${server.url}/healing`);
    const hogs = Array.from({ length: 8 }, () =>
      spawn(process.execPath, ['-e', 'for(;;);'], { stdio: 'ignore' }),
    );
    try {
      await page.getByText('a guardian was called').waitFor();
    } finally {
      for (const hog of hogs) hog.kill('SIGKILL');
    }
    await page.getByText('over', { exact: true }).waitFor();
    const { body } = await call<{ items: { cause: string; state: string }[] }>(
      server.url,
      'GET',
      '/api/healing/incidents',
    );
    expect(body.items[0]).toMatchObject({ cause: 'cpu_high', state: 'resolved' });
    await close();
  }, 120_000);

  it('is readable at 390 px', async () => {
    const { page, close } = await openPage(browser, { viewport: { width: 390, height: 800 } });
    for (const [path, shown] of [
      ['/monitoring', 'Health reports'],
      ['/healing', 'Known patterns'],
    ]) {
      await page.goto(server.url + path);
      await page.getByText(shown).first().waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      expect(await accessibilityFaults(page)).toEqual([]);
      if (picture !== undefined)
        await page.screenshot({ path: `${picture}${path}-phone.png`, fullPage: true });
    }
    await close();
  });
});
