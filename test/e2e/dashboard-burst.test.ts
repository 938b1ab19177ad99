import type { Browser } from 'playwright-core';
import { api } from '../support/autonomy.js';
import { startServer, type TestServer } from '../support/index.js';
import { browserTests, launchBrowser, openPage } from './dashboard-support.js';

/** Stops and resumes; each is a notice to everybody who looks. */
const TURNS = 20;
/** What the page keeps to: how often it asks because of notices, and how often without, ms. */
const PAUSE_MS = 2_000;
const POLL_MS = 15_000;

browserTests('the Guardian page while notices come in a burst', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer({ env: { IMPORT_GENESIS: 'false' }, until: 'listening' });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('asks seldom, and shows the last of them', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/guardian`);
    await page.getByText('automatic action is on').waitFor();
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/api/guardian/dashboard')) asked += 1;
    });
    const began = performance.now();
    const order = (path: string, reason: string) => api(server, 'POST', `/api/guardian/${path}`, { reason });
    for (let i = 0; i < TURNS; i++) {
      await order('emergency-stop', `turn ${i}`);
      await order('resume', `turn ${i}`);
    }
    await order('emergency-stop', 'the last word');
    await page.getByText('the last word').first().waitFor();
    const passed = performance.now() - began;
    // one at once, one that was under way, and one for each pause and each poll that has passed
    expect(asked).toBeLessThanOrEqual(2 + Math.ceil(passed / PAUSE_MS) + Math.ceil(passed / POLL_MS));
    expect(complaints).toEqual([]);
    await close();
  });
});
