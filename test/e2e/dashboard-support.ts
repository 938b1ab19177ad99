import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { answerOnce, PATIENCE_MS } from '../support/index.js';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether `npm test` has been told to leave the browser tests out. */
export const browserTests = process.env.STEMMA_SKIP_BROWSER ? describe.skip : describe;

/** A headless Chromium: the one named in CHROMIUM_PATH, or Debian's. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: FLAGS, timeout: PATIENCE_MS });
}

/** A page in a context of its own (no cache, no storage), and everything it complained about. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[]; close(): Promise<void> }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const { url } = message.location();
    // On a machine that stands still for seconds a probe is late, and `/ready` says so: no fault of a page.
    if (message.type() === 'error' && !url.endsWith('/ready'))
      complaints.push(`${message.text()} ${url}`.trim());
  });
  return { page, complaints, close: () => context.close() };
}

/** Asks on the Chat page and waits until the answer has its receipt. @returns the receipt's id */
export async function ask(page: Page, prompt: string): Promise<string> {
  await page.getByPlaceholder(/^Ask /).fill(prompt);
  await page.keyboard.press('Enter');
  const answer = page.getByRole('article').last();
  await answer.getByRole('button', { name: 'Receipt' }).click();
  await page.waitForURL(/receipt=rcpt_/);
  return new URL(page.url()).searchParams.get('receipt') ?? '';
}

/** The closing sentence of the verification on the page, and whether it agrees. */
export async function verdict(page: Page): Promise<{ outcome: string | null; text: string }> {
  const sentence = page.locator('[data-outcome]');
  await sentence.waitFor();
  return { outcome: await sentence.getAttribute('data-outcome'), text: await sentence.innerText() };
}

/** Waits until the page is no wider than this, px: after a change of its size it lays itself out anew. */
export async function fits(page: Page, width: number): Promise<void> {
  const measure = () => page.evaluate('document.documentElement.scrollWidth') as Promise<number>;
  await answerOnce(measure, (measured) => measured === width);
}

/** Waits until nothing moves or fades any more but what never ends: half faded text has too little contrast. */
async function atRest(page: Page): Promise<void> {
  const moving = `document.getAnimations().filter(
    (each) => each.playState === 'running' && each.effect?.getComputedTiming().endTime !== Infinity).length`;
  await answerOnce(
    () => page.evaluate(moving) as Promise<number>,
    (count) => count === 0,
  );
}

/** What axe finds on the page: `rule: selectors` for each violation of WCAG 2.2 A and AA and its best practices. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await atRest(page);
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(axeSource());
  // What passes is not looked at in full: nobody reads it.
  const report = (await page.evaluate(`axe.run(document, { resultTypes: ['violations'] })`)) as {
    violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[];
  };
  return report.violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary})`).join('; ')}`,
  );
}

function axeSource(): string {
  const require = createRequire(import.meta.url);
  return readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
}
