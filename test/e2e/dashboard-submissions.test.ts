import type { Browser } from 'playwright-core';
import { damagedGenesis } from '../support/damaged-genesis.js';
import { PATIENCE_MS, runCommand, startServer, type TestServer } from '../support/index.js';
import { Submitter } from '../support/submissions.js';
import { accessibilityFaults, browserTests, launchBrowser, openPage } from './dashboard-support.js';

/** An evaluation computes thousands of answers. */
const JUDGING_MS = 2 * PATIENCE_MS;

browserTests('the Submissions page', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer({ env: { IMPORT_GENESIS: 'false' }, until: 'listening' });
    const env = { DATA_DIR: server.dataDir, DATABASE_URL: String(server.databaseUrl), PORT: '0' };
    expect((await runCommand(['import', damagedGenesis(), '--name', 'genesis'], env)).code).toBe(0);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server.stop();
  });

  it('follows a submission to its verdict, with a picture, a table and what can be checked', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/submissions`);
    await page.getByText('Nobody has handed in an expert yet').waitFor();
    const contributor = new Submitter(server.url);
    const { body } = await contributor.submit(await contributor.prepare());
    await page.getByRole('row', { name: /layer3\.expert5/ }).click();
    await page.waitForURL(/\/submissions\/submission_/);
    await page.getByText('like no other expert').waitFor();
    await page.getByText('accepted', { exact: true }).first().waitFor({ timeout: JUDGING_MS });
    await page.getByRole('img', { name: /Less loss in each domain/ }).waitFor();
    await page.getByRole('rowheader', { name: 'arithmetic' }).waitFor();
    await page.getByRole('link', { name: /of chain D/ }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('link', { name: 'All submissions' }).click();
    await page.getByRole('heading', { name: 'Contributors' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${server.url}/submissions/${String(body.submission_id)}`);
    await page.getByRole('rowheader', { name: 'overall' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
});
