import type { Browser, Page } from 'playwright-core';
import { startServer, type TestServer } from '../support/index.js';
import {
  accessibilityFaults,
  ask,
  browserTests,
  fits,
  launchBrowser,
  openPage,
  verdict,
} from './dashboard-support.js';

const NARROW = { width: 400, height: 800 };

browserTests('dashboard for everyone', () => {
  let server: TestServer;
  let browser: Browser;
  let receipt: string;
  let expert: string;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    const { page, close } = await openPage(browser);
    await page.goto(server.url);
    receipt = await ask(page, 'Sort these words: purple, black, grey.');
    const blocks = await fetch(`${server.url}/chain/B/blocks?name=layer0.expert0`);
    expert = ((await blocks.json()) as { items: { hash: string }[] }).items[0].hash;
    await close();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Every page with something that is only there when it has finished loading. */
  function pages(): readonly (readonly [path: string, shown: string])[] {
    return [
      ['/', 'Ask, then check the answer yourself'],
      [`/?receipt=${receipt}`, 'Prompt as the model read it'],
      ['/problems/QUEUE_FULL', 'Too much work at once'],
      ['/receipts', '1 receipt'],
      [`/receipts/${receipt}?verify=1`, 'Checked in this browser'],
      ['/chain', 'attention, embedding, head'],
      ['/chain?view=table', '65 blocks'],
      [`/blocks/B/${expert}`, 'all made in this browser'],
      ['/experts', '48 experts'],
      ['/status', 'Throughput'],
    ];
  }

  async function show(page: Page, path: string, shown: string): Promise<void> {
    await page.goto(server.url + path);
    await page.getByText(shown).first().waitFor();
  }

  it('gives axe nothing to find on any page, in light and in dark', async () => {
    const { page, complaints, close } = await openPage(browser, { reducedMotion: 'reduce' });
    const faults: Record<string, string[]> = {};
    for (const [path, shown] of pages()) {
      await show(page, path, shown);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
        const found = await accessibilityFaults(page);
        if (found.length > 0) faults[`${path} in ${colorScheme}`] = found;
      }
    }
    expect(faults).toEqual({});
    expect(complaints).toEqual([]);
    await close();
  });

  it('is readable at 400 px: bottom bar, no sideways scrolling, nothing cut off', async () => {
    const { page, close } = await openPage(browser, { viewport: NARROW });
    for (const [path, shown] of pages()) {
      await show(page, path, shown);
      await fits(page, NARROW.width);
      const bar = page.getByRole('navigation', { name: 'Pages' }).filter({ visible: true });
      const box = await bar.boundingBox();
      expect(box?.y).toBeGreaterThan(NARROW.height - 80);
    }
    await close();
  });

  it('follows the system into the dark and can be switched', async () => {
    const { page, close } = await openPage(browser, { colorScheme: 'dark' });
    await page.goto(server.url);
    const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme');
    await page.getByRole('button', { name: 'Light' }).waitFor();
    expect(await scheme()).toBe('dark');
    await page.getByRole('button', { name: 'Light' }).click();
    await page.locator('html[data-mantine-color-scheme=light]').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Dark' }).waitFor();
    expect(await scheme()).toBe('light');
    await close();
  });

  it('can be used without a mouse: ask, open the receipt, verify', async () => {
    const { page, close } = await openPage(browser);
    await page.goto(server.url);
    await page.getByPlaceholder(/^Ask /).waitFor();
    await page.keyboard.type('Compute 9 x 7.');
    await page.keyboard.press('Enter');
    const verify = page.getByRole('article').getByRole('button', { name: 'Verify' });
    await verify.waitFor();
    await tabTo(page, 'Verify');
    await page.keyboard.press('Enter');
    expect((await verdict(page)).outcome).toBe('agrees');
    await close();
  });

  it('opens pages and blocks from the search', async () => {
    const { page, close } = await openPage(browser);
    await page.goto(server.url);
    await page.getByPlaceholder(/^Ask /).waitFor();
    const search = page.getByPlaceholder('Page, model, block hash or receipt id');
    await page.keyboard.press('Control+k');
    await search.fill('status');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/status');
    await search.waitFor({ state: 'hidden' });
    await page.keyboard.press('Control+k');
    await search.fill(expert);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/blocks/B/${expert}`);
    await page.getByRole('heading', { name: 'layer0.expert0' }).waitFor();
    await close();
  });

  it('proves a block: header, payload, inclusion', async () => {
    const { page, close } = await openPage(browser);
    await show(page, '/chain', 'attention, embedding, head');
    await page.getByRole('link', { name: /^release genesis/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/blocks\/[AB]\/[0-9a-f]{64}$/);
    for (const name of ['payload', 'inclusion']) {
      await page.locator(`[data-proof="${name}"]`).getByRole('button', { name: 'Check' }).click();
    }
    for (const name of ['header', 'payload', 'inclusion']) {
      await page.locator(`[data-proof="${name}"]`).getByText('proved').waitFor();
    }
    await close();
  });

  it('keeps the filters of a list in its address and exports what is shown', async () => {
    const { page, close } = await openPage(browser);
    await show(page, '/chain?view=table', '65 blocks');
    await page.getByLabel('Filter', { exact: true }).fill('layer3.expert');
    await page.getByText('8 blocks').waitFor();
    expect(page.url()).toContain('filter=layer3.expert');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    const stream = await (await download).createReadStream();
    let csv = '';
    for await (const chunk of stream) csv += String(chunk);
    expect(csv.trim().split('\r\n')).toHaveLength(9);
    expect(csv).toContain('layer3.expert7');
    await close();
  });
});

/** Presses Tab until the focus is on something of that name. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Shift+Tab');
    const focused = (await page.evaluate('document.activeElement?.textContent ?? ""')) as string;
    if (focused.trim() === name) return;
  }
  throw new Error(`the keyboard does not reach ${name}`);
}
