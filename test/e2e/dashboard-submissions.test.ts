import type { Browser } from 'playwright-core';
import { DAMAGED_EXPERT } from '../support/damaged-genesis.js';
import { startDamagedServer } from '../support/damaged-server.js';
import { PATIENCE_MS, type TestServer } from '../support/index.js';
import { Submitter } from '../support/submissions.js';
import { accessibilityFaults, browserTests, launchBrowser, openPage } from './dashboard-support.js';

/** An evaluation computes thousands of answers. */
const JUDGING_MS = 2 * PATIENCE_MS;

/** What a server answers that has judged a hundred candidates, which takes too long here; test/integration/learnt-filter.test.ts has a real one. */
const LEARNT_FILTER = {
  filter: {
    ...{ input: 'a'.repeat(64), trained_at: '2026-11-01T12:00:00Z', threshold: 0.06, unused: null, bias: -2 },
    ...{ accepted: 12, rejected: 88, precision: 0.975, recall: 0.44 },
    features: [
      {
        name: 'probe',
        meaning: 'share by which the loss on public examples rises',
        weight: -1.4,
        mean: 0,
        deviation: 1,
      },
      {
        name: 'peak',
        meaning: 'power of ten of the largest weight, by the usual one',
        weight: 0.2,
        mean: 1,
        deviation: 1,
      },
    ],
  },
  experience: { turned_away: 3, evaluated: 2, evaluated_and_rejected: 2 },
};

browserTests('the Submissions page', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    ({ server } = await startDamagedServer());
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
    await page.getByRole('row', { name: new RegExp(DAMAGED_EXPERT) }).click();
    await page.waitForURL(/\/submissions\/submission_/);
    await page.getByText('like no other expert').waitFor();
    await page.getByText('accepted', { exact: true }).first().waitFor({ timeout: JUDGING_MS });
    await page.getByRole('img', { name: /Less loss in each domain/ }).waitFor();
    await page.getByRole('rowheader', { name: 'arithmetic' }).waitFor();
    await page.getByRole('link', { name: /of chain D/ }).waitFor();
    await page.getByText(/^a fall of 0\.00 %: nothing is paid without an audit/).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('link', { name: 'All submissions' }).click();
    await page.getByRole('heading', { name: 'Contributors' }).waitFor();
    await page.getByText('None was learnt yet').waitFor();
    await page.route('**/learning/filter', (route) => route.fulfill({ json: LEARNT_FILTER }));
    await page.reload();
    await page.getByText('from 12 accepted and 88 rejected candidates').waitFor();
    await page.getByText('97.5 % of those it would turn away were rejected').waitFor();
    await page
      .getByRole('row', { name: /share by which the loss on public examples rises -1\.40/ })
      .waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${server.url}/submissions/${String(body.submission_id)}`);
    await page.getByRole('rowheader', { name: 'overall' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
});
