import type { Browser, Page } from 'playwright-core';
import { api, importTwoReleases } from '../support/autonomy.js';
import { answerOnce, startServer, type TestServer } from '../support/index.js';
import { startHttpReceiver, type Receiver } from '../support/receivers.js';
import { accessibilityFaults, browserTests, fits, launchBrowser, openPage } from './dashboard-support.js';

const PHONE = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;
const PROMOTE = {
  type: 'deployment',
  action: 'promote',
  parameters: { model: 'mixtral-a', version: '1.0.1' },
};

browserTests('the Notifications page, and the limits on the Guardian page', () => {
  let server: TestServer;
  let browser: Browser;
  let hook: Receiver;
  let slack: Receiver;

  beforeAll(async () => {
    [hook, slack] = await Promise.all([startHttpReceiver(), startHttpReceiver()]);
    server = await startServer({
      until: 'listening',
      env: {
        ...{ IMPORT_GENESIS: 'false', NOTIFY_PRIVATE_ADDRESSES: 'true', NOTIFY_CHANNELS: 'webhook,slack' },
        ...{ NOTIFY_WEBHOOK_URL: `http://${hook.host}/`, NOTIFY_WEBHOOK_SECRET: 'a-secret-of-some-length' },
        ...{ NOTIFY_SLACK_URL: `http://${slack.host}/` },
      },
    });
    await importTwoReleases(server);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await Promise.all([hook, slack].map((receiver) => receiver?.close()));
  });

  /** Where a picture is wanted, for somebody to look at. */
  const picture = async (page: Page, name: string) => {
    const folder = process.env.STEMMA_PICTURES;
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  };

  it('tries a channel out, shows why another failed, and takes that somebody knows', async () => {
    const { page, complaints, close } = await openPage(browser);
    hook.mood = 'refuses';
    await page.goto(`${server.url}/notifications`);
    await page.getByText('Nobody had to be called yet').waitFor();
    await page.getByRole('button', { name: 'Send a test by slack' }).click();
    await page
      .getByRole('article', { name: 'slack' })
      .getByText(/it arrived after/)
      .waitFor();
    expect(slack.received).toHaveLength(1);
    await page.getByRole('button', { name: 'Send a test by webhook' }).click();
    await page
      .getByRole('article', { name: 'webhook' })
      .getByText(/it did not arrive: .*400/)
      .waitFor();
    await api(server, 'POST', '/api/autonomous/decision', { ...PROMOTE, reason: 'smaller' });
    const notices = page.getByRole('list', { name: 'Notices' });
    await notices.getByText('webhook: given up').waitFor();
    await notices.getByText('slack: arrived').waitFor();
    await page.getByRole('article', { name: 'webhook' }).getByText('failed last').waitFor();
    await picture(page, 'notifications');
    expect(await accessibilityFaults(page)).toEqual([]);
    await notices.getByLabel(/^What you know about/).fill('I look at it');
    await page.keyboard.press('Enter');
    await notices.getByText('settled', { exact: true }).waitFor();
    await notices.getByText(/: I look at it$/).waitFor();
    await page.getByRole('heading', { name: 'No notice is open' }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('refuses an acknowledgement of what is over, or was never there', async () => {
    const { body } = await api(server, 'GET', '/api/notifications');
    const [{ id }] = body.items as { id: string }[];
    const acknowledge = (note: string) =>
      api(server, 'POST', `/api/notifications/${note}/acknowledge`, { reason: 'again' });
    expect(await acknowledge(id)).toMatchObject({ status: 409, body: { code: 'NOTIFICATION_SETTLED' } });
    const nothing = `note_${'0'.repeat(32)}`;
    expect(await acknowledge(nothing)).toMatchObject({
      status: 404,
      body: { code: 'NOTIFICATION_NOT_FOUND' },
    });
    const log = async () =>
      (await api(server, 'GET', '/log/entries?kind=notification.acknowledged')).body.items as object[];
    expect(await answerOnce(log, (items) => items.length > 0)).toEqual([
      expect.objectContaining({ subject: id, data: {} }),
    ]);
  });

  it('is readable on a phone', async () => {
    const { page, close } = await openPage(browser, PHONE);
    await page.goto(`${server.url}/notifications`);
    await page.getByRole('list', { name: 'Notices' }).getByText('slack: arrived').first().waitFor();
    await picture(page, 'notifications-phone-dark');
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    await close();
  });

  it('changes a limit from a phone with a reason, shows who did, and takes it back by keyboard', async () => {
    const { page, complaints, close } = await openPage(browser, PHONE);
    await page.goto(`${server.url}/guardian`);
    const panel = page.getByRole('region', { name: 'Change the limits' });
    await panel.getByText('Nobody has changed a limit yet').waitFor();
    const limit = async () =>
      ((await api(server, 'GET', '/api/guardian/monitor/config')).body.thresholds as { bias: number }).bias;
    await panel.getByLabel('Bias, at most').fill('0.2');
    const change = panel.getByRole('button', { name: 'Change limits' });
    expect(await change.isDisabled()).toBe(true);
    await panel.getByLabel('Reason for the change').fill('the new sentences are harsher');
    await change.click();
    const history = panel.getByRole('list', { name: 'Changes of limits' });
    await history.getByText(/Bias, at most: 0.15 → 0.20, by .*: the new sentences are harsher/).waitFor();
    expect(await limit()).toBe(0.2);
    await picture(page, 'limits-phone-dark');
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    const back = history.getByRole('button', { name: 'Take back: Bias, at most: 0.15 → 0.20' });
    expect(await back.isDisabled()).toBe(true);
    await panel.getByLabel('Reason for the change').fill('they were not');
    await back.focus();
    await page.keyboard.press('Enter');
    await history.getByText(/Bias, at most: 0.20 → 0.15, by .*: they were not/).waitFor();
    expect(await limit()).toBe(0.15);
    expect(complaints).toEqual([]);
    await close();
  });
});
