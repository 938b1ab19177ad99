import type { Browser, Page } from 'playwright-core';
import { endVote, goodLines } from '../support/datasets.js';
import { startServer, type TestServer } from '../support/index.js';
import { accessibilityFaults, browserTests, fits, launchBrowser, openPage } from './dashboard-support.js';

browserTests('the Datasets page', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer({
      env: {
        DATASET_SWEEP_MS: '100',
        // Longer than any test takes: the test says when it ends.
        DATASET_VOTE_SECONDS: '86400',
        DATASET_WORK_BITS: '4',
      },
    });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server.stop();
  });

  /** Uploads a file by the keyboard, but for choosing it. */
  async function upload(page: Page, name: string, text: string): Promise<void> {
    await page.goto(`${server.url}/dataset-list`);
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'File' }).click(),
    ]);
    await chooser.setFiles({ name: 'data.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(text) });
    await page.getByLabel('Name').focus();
    await page.keyboard.type(name);
    await page.getByLabel('Source').focus();
    await page.keyboard.type('written for a test');
    await page.keyboard.press('Enter');
    await page.waitForURL(/dataset-list\/ds_/);
  }

  it('uploads, shows what was found, votes by keyboard, and follows the set to gold and into quarantine', async () => {
    const { page, complaints, close } = await openPage(browser, { colorScheme: 'dark' });
    await page.goto(`${server.url}/dataset-list`);
    await page.getByText('Nobody has uploaded a dataset yet').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await upload(page, 'my-lines', goodLines(120));
    await page.getByRole('heading', { name: 'my-lines 1.0.0' }).waitFor();
    await page.getByRole('button', { name: 'Vote for it' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('You voted for it').waitFor();
    await page.getByRole('img', { name: '1 for, 0 against' }).waitFor();
    await page.getByText(/^genesis@1\.0\.0 has a loss of \d\.\d+ nats\/byte on it$/).waitFor();
    await page.getByRole('row', { name: /Personal data 0\.0 % at most 1\.0 %/ }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await endVote(server, page.url().split('/').at(-1)!);
    await page.getByText('gold', { exact: true }).first().waitFor();
    const stages = page.getByRole('list', { name: 'Stages' }).getByRole('listitem');
    await stages.nth(3).waitFor();
    await page.getByText('Nothing was trained on it yet.').waitFor();
    await page.getByLabel('Reason (public)').fill('somebody complained');
    await page.getByRole('button', { name: 'Quarantine' }).click();
    await page.getByText('in quarantine').first().waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('says why a set was rejected, also at 390 px in daylight', async () => {
    const { page, complaints, close } = await openPage(browser, {
      ...{ viewport: { width: 390, height: 844 }, colorScheme: 'light' },
    });
    await upload(page, 'broken', '{"text":');
    await page.getByText('DATASET_JSON').waitFor();
    await page.getByText(/May be appealed against until/).waitFor();
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('link', { name: 'All datasets' }).click();
    await page.getByRole('row', { name: /broken 1\.0\.0/ }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await fits(page, 390);
    expect(complaints).toEqual([]);
    await close();
  });
});
