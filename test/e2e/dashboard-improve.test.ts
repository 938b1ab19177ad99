import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { first, mixture } from '../../src/datasets/generators/index.js';
import { DAMAGED_EXPERT } from '../support/damaged-genesis.js';
import { startDamagedServer } from '../support/damaged-server.js';
import {
  answerOnce,
  PATIENCE_MS,
  runTrainCommand,
  temporaryFolder,
  type TestServer,
} from '../support/index.js';
import { accessibilityFaults, browserTests, fits, launchBrowser, openPage } from './dashboard-support.js';

/** An evaluation computes thousands of answers. */
const JUDGING_MS = 2 * PATIENCE_MS;
const STEPS = 24;
const BATCH_TOKENS = 384;
/** A training that is left: two points that are kept. */
const LEFT_STEPS = 40;
const LEFT_TOKENS = 96;
const BLOCK_FILE = `${DAMAGED_EXPERT}.tensorblock`;
/** Longest line that is read, bytes. */
const LINE_BYTES = 1 << 20;

/** Run in the browser: keeps another key. */
const TAKE_OTHER_KEY = `new Promise((resolve) => {
  const opening = indexedDB.open('stemma-author', 1);
  opening.onsuccess = () => {
    const transaction = opening.result.transaction('keys', 'readwrite');
    transaction.objectStore('keys').put(new Uint8Array(32).fill(7), 'author');
    transaction.oncomplete = () => resolve(opening.result.close());
  };
})`;

/** Run in the browser: how much it keeps of trainings. */
const KEPT_ENTRIES = `new Promise((resolve) => {
  const opening = indexedDB.open('stemma-training', 1);
  opening.onsuccess = () => {
    const counted = opening.result.transaction('kept').objectStore('kept').count();
    counted.onsuccess = () => resolve(counted.result);
  };
})`;

/** Whether the browser would ask before this tab is closed. */
const closingIsAsked = (page: Page) =>
  page.evaluate(`!dispatchEvent(new Event('beforeunload', { cancelable: true }))`) as Promise<boolean>;

interface Manifest {
  readonly steps: readonly { readonly hash: string }[];
}

browserTests('the Improve page', () => {
  const data = join(temporaryFolder('data'), 'examples.jsonl');
  /** So few that looks at those that are not learnt take no time. */
  const few = join(data, '..', 'few.jsonl');
  let server: TestServer;
  let env: Record<string, string>;
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(join(data, '..'), { recursive: true });
    const lines = [...first(400, mixture('train', 'e2e'))].map((example) => JSON.stringify(example));
    writeFileSync(data, lines.join('\n'));
    writeFileSync(few, lines.slice(0, 100).join('\n'));
    ({ server, env } = await startDamagedServer({ LEARNING_AUDIT_UPDATES: '2' }));
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server.stop();
  });

  const chooseExpert = async (page: Page) => {
    await page.getByRole('combobox', { name: 'Expert' }).fill(DAMAGED_EXPERT);
    await page.getByRole('option', { name: DAMAGED_EXPERT, exact: true }).click();
  };
  const giveFile = (page: Page, content: Uint8Array | string) =>
    page
      .locator('input[type=file]')
      .setInputFiles({ name: 'mine.jsonl', mimeType: 'application/json', buffer: Buffer.from(content) });
  const write = (page: Page, label: string, value: number) =>
    page.getByRole('textbox', { name: label }).fill(String(value));
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  const saved = async (page: Page, name: string) => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: new RegExp(`^${name.replaceAll('.', '\\.')} `) }).click(),
    ]);
    return readFileSync(await file.path());
  };

  it('trains the bits of stemma train, and hands them in with what an audit asks for', async () => {
    const { page, complaints, close } = await openPage(browser, { acceptDownloads: true });
    await page.goto(server.url);
    await page.getByRole('link', { name: 'Improve' }).click();
    await page.getByRole('heading', { name: 'What to train' }).waitFor();
    await chooseExpert(page);
    await giveFile(page, readFileSync(data));
    await page.getByText('More', { exact: true }).click();
    await write(page, 'Updates', STEPS);
    await write(page, 'Tokens an update', BATCH_TOKENS);
    await write(page, 'Learning rate', 0.01);
    await write(page, 'Threads', 2);
    expect(await accessibilityFaults(page)).toEqual([]);
    await press(page, 'Train');
    await page.getByRole('heading', { name: 'Result' }).waitFor({ timeout: JUDGING_MS });
    await page.getByText(/% less loss/).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);

    const out = temporaryFolder('command-line');
    const what = ['--experts', DAMAGED_EXPERT, '--data', data, '--out', out, '--steps', String(STEPS)];
    const how = ['--batch-tokens', String(BATCH_TOKENS), '--learning-rate', '0.01', '--threads', '1'];
    expect((await runTrainCommand([...what, ...how, '--json'], env)).code).toBe(0);
    const manifest = JSON.parse((await saved(page, 'manifest.json')).toString()) as Manifest;
    const expected = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Manifest;
    expect(manifest.steps.map(({ hash }) => hash)).toEqual(expected.steps.map(({ hash }) => hash));
    expect(manifest.steps.length).toBeGreaterThan(10);
    expect(manifest).toEqual(expected);
    expect(await saved(page, BLOCK_FILE)).toEqual(readFileSync(join(out, BLOCK_FILE)));
    expect(await saved(page, 'loss.svg')).toEqual(readFileSync(join(out, 'loss.svg')));

    // What is not handed in is not forgotten by accident.
    const question = page.getByRole('dialog', { name: 'Forget this training?' });
    for (const button of ['Train', 'Forget it']) {
      await press(page, button);
      await question.getByText('The result is not handed in.').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await question.waitFor({ state: 'detached' });
    }
    expect(await closingIsAsked(page)).toBe(true);

    await page.getByText('kept here, unencrypted').waitFor();
    await page.getByLabel('Offer to show a few documents').check();
    // Another tab takes another key.
    await page.evaluate(TAKE_OTHER_KEY);
    await press(page, 'Sign and hand in');
    await page
      .getByRole('alert')
      .getByRole('link', { name: /^KEY_CHANGED/ })
      .waitFor();
    await press(page, 'Sign and hand in');
    await page
      .getByRole('button', { name: 'Send these documents', exact: true })
      .waitFor({ timeout: JUDGING_MS });
    await press(page, 'Forget it');
    await question.getByText('What was handed in is not judged yet.').waitFor();
    await question.getByRole('button', { name: 'Keep it' }).click();
    await question.waitFor({ state: 'detached' });
    await press(page, 'Send these documents');
    const checks = page.getByRole('list', { name: 'Checks' });
    await checks
      .getByRole('listitem')
      .filter({ hasText: /^audit/ })
      .waitFor({ timeout: JUDGING_MS });
    // The training outlives its page.
    await page.getByRole('link', { name: 'see how it is judged' }).click();
    await page.waitForURL(/\/submissions\/submission_/);
    await page.getByRole('link', { name: 'Improve' }).click();
    await page.getByText('accepted', { exact: true }).waitFor({ timeout: JUDGING_MS });
    await answerOnce(
      () => closingIsAsked(page),
      (asked) => !asked,
    );
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('takes up a training whose tab was closed, and comes to the bits of one that never was', async () => {
    const { page: first, complaints, close } = await openPage(browser, { acceptDownloads: true });
    await first.goto(`${server.url}/improve`);
    await chooseExpert(first);
    await giveFile(first, readFileSync(few));
    await first.getByText('More', { exact: true }).click();
    await write(first, 'Updates', LEFT_STEPS);
    await write(first, 'Tokens an update', LEFT_TOKENS);
    await press(first, 'Train');
    // It does not matter how far it comes until the tab is gone: it goes on from the point that is kept then.
    await first.getByText(/after (?:20|40) updates: it can be taken up/).waitFor({ timeout: JUDGING_MS });
    const page = await first.context().newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await first.close();

    await page.goto(`${server.url}/improve`);
    const left = page.getByRole('region', { name: 'A training that was left' });
    await left.getByText(/(?:20|40) of 40 updates/).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    // Another one would take its place.
    await left.getByRole('button', { name: 'Forget it' }).click();
    await page.getByRole('dialog').getByText('A training was left and can be taken up.').waitFor();
    await page.keyboard.press('Escape');
    // A server that does not answer loses nothing either: not before its worker is there, and not after.
    const takeUp = () => press(page, 'Take it up');
    await page.route('**/assets/worker-*.js', (route) => route.abort());
    await takeUp();
    await page.getByRole('link', { name: /^TRAINING_CRASHED/ }).waitFor();
    await chooseExpert(page);
    await giveFile(page, readFileSync(few));
    await press(page, 'Train');
    await page.getByRole('dialog').getByText('A training was left and can be taken up.').waitFor();
    await page.keyboard.press('Escape');
    await press(page, 'Forget it');
    await page.unroute('**/assets/worker-*.js');
    await page.route('**/kernel/training.wasm', (route) => route.abort());
    await takeUp();
    await page.getByText('it cannot go on').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await closingIsAsked(page)).toBe(false);
    await press(page, 'Forget it');
    await page.getByRole('dialog').getByText('A training was left and can be taken up.').waitFor();
    await page.keyboard.press('Escape');
    await page.unroute('**/kernel/training.wasm');
    await takeUp();
    await page.getByRole('heading', { name: 'Result' }).waitFor({ timeout: JUDGING_MS });

    const out = temporaryFolder('never-left');
    const what = ['--experts', DAMAGED_EXPERT, '--data', few, '--out', out, '--steps', String(LEFT_STEPS)];
    const how = ['--batch-tokens', String(LEFT_TOKENS), '--threads', '1', '--json'];
    expect((await runTrainCommand([...what, ...how], env)).code).toBe(0);
    const manifest = JSON.parse((await saved(page, 'manifest.json')).toString()) as Manifest;
    expect(manifest.steps).toHaveLength(LEFT_STEPS);
    expect(manifest).toEqual(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')));
    expect(await saved(page, BLOCK_FILE)).toEqual(readFileSync(join(out, BLOCK_FILE)));

    await press(page, 'Forget it');
    await page.getByRole('button', { name: 'Forget this training' }).click();
    await page.getByRole('heading', { name: 'Result' }).waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('heading', { name: 'What to train' }).waitFor();
    expect(await page.evaluate(KEPT_ENTRIES)).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  it('names what is wrong with a file, and goes on', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/improve`);
    await chooseExpert(page);
    const good = readFileSync(data, 'utf8').split('\n').slice(0, 60).join('\n');
    const refusals: [Uint8Array | string, string, RegExp][] = [
      [`${good}\n{"text":"${'a'.repeat(LINE_BYTES)}"}`, 'DATASET_LINE_SIZE', /line 61/i],
      [Uint8Array.from({ length: 4096 }, (_, i) => (i * 31) % 256), 'DATASET_', /line 1/i],
      [`${good}\n{"text":${'['.repeat(10_000)}`, 'DATASET_', /line 61/i],
      ['', 'DATASET_EMPTY', /no document/],
      [good.split('\n')[0], 'TRAINING_TOO_LITTLE', /too few/],
    ];
    for (const [content, code, words] of refusals) {
      await giveFile(page, content);
      await press(page, 'Train');
      const refusal = page.getByRole('alert');
      await refusal.getByRole('link', { name: new RegExp(`^${code}`) }).waitFor();
      expect(await refusal.innerText()).toMatch(words);
      await press(page, 'Forget it');
      await refusal.waitFor({ state: 'detached' });
    }
    await press(page, 'No file');
    await page.getByRole('textbox', { name: 'Or paste them' }).fill(good);
    await press(page, 'Train');
    await page.getByText(/^training: /).waitFor({ timeout: JUDGING_MS });
    await press(page, 'Pause');
    await page.getByText('paused', { exact: true }).waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 800 });
    await fits(page, 390);
    await press(page, 'Go on');
    await page.getByText(/^training: /).waitFor();
    await press(page, 'Stop');
    await page.getByText('it was stopped').waitFor();
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
});
