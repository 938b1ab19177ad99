import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { api, importTwoReleases, liveVersion } from '../support/autonomy.js';
import { startServer, until, type TestServer } from '../support/index.js';
import { call } from '../support/tasks.js';
import { accessibilityFaults, browserTests, fits, launchBrowser, openPage } from './dashboard-support.js';

const PROMOTE = {
  type: 'deployment',
  action: 'promote',
  parameters: { model: 'mixtral-a', version: '1.0.1' },
};

/** A usual phone. */
const PHONE = { viewport: { width: 390, height: 844 } };

browserTests('the Guardian and Decisions pages', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer({ env: { IMPORT_GENESIS: 'false' }, until: 'listening' });
    await importTwoReleases(server);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server.stop();
  });

  /** Where a picture is wanted, for somebody to look at. */
  const picture = async (page: Page, name: string) => {
    const folder = process.env.STEMMA_PICTURES;
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  };

  it('shows a question live, takes the answer, and shows what came of it', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/guardian`);
    await page.getByText('No question is open').waitFor();
    await api(server, 'POST', '/api/autonomous/decision', { ...PROMOTE, reason: 'smaller, and as good' });
    await page.getByRole('heading', { name: 'mixtral-a@1.0.1 becomes the live release' }).waitFor();
    await page.getByText('no answer means no').waitFor();
    await picture(page, 'guardian');
    expect(await accessibilityFaults(page)).toEqual([]);
    const card = page.getByRole('region', { name: 'mixtral-a@1.0.1 becomes the live release' });
    expect(await card.getByRole('button', { name: 'Approve', exact: true }).isDisabled()).toBe(true);
    await card.getByLabel('Reason').fill('measured it');
    await card.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByText('No question is open').waitFor();
    await until('the promotion', async () => (await liveVersion(server)) === '1.0.1');
    await page.getByRole('link', { name: 'mixtral-a@1.0.1 becomes the live release' }).click();
    await page.getByText('done, it helped').waitFor();
    await page.getByText('Why: measured it').waitFor();
    await page.getByLabel('Reason for an override').fill('back again');
    await page.getByRole('button', { name: 'Take it back' }).click();
    await page.getByText('taken back').waitFor();
    await until('the way back', async () => (await liveVersion(server)) === '1.0.0');
    expect(complaints).toEqual([]);
    await close();
  });

  it('stops everything from a phone, and lets it go on', async () => {
    const { page, complaints, close } = await openPage(browser, { ...PHONE, colorScheme: 'dark' });
    await page.goto(`${server.url}/guardian`);
    await page.getByText('automatic action is on').waitFor();
    const panel = page.getByRole('region', { name: 'Emergency stop' });
    await panel.getByLabel('Reason').fill('smoke in the room');
    await panel.getByRole('button', { name: 'Stop automatic action' }).click();
    await panel.getByText('smoke in the room', { exact: false }).first().waitFor();
    await panel.getByText('automatic action is stopped').waitFor();
    await page.getByRole('link', { name: 'Emergency stop: stopped' }).waitFor();
    await picture(page, 'guardian-phone-dark');
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    await panel.getByLabel('Reason').fill('it was toast');
    await panel.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('automatic action is on').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('names a task that waits for an approval live, and leads to the answer, on a phone', async () => {
    const { page, complaints, close } = await openPage(browser, PHONE);
    await page.goto(`${server.url}/guardian`);
    await page.getByText('No question is open').waitFor();
    const { body } = await call(server.url, 'POST', '/task/start', {
      ...{ task_type: 'import_model', parameters: { folder: '/there/is/nothing' } },
      description: 'for the long weekend',
    });
    const card = page.getByRole('region', { name: 'The task import_model waits for an approval' });
    await card.getByText('They say: for the long weekend').waitFor();
    await card.getByText('it is not done, and the task fails').waitFor();
    await page.getByRole('heading', { name: '1 question', exact: true }).waitFor();
    await picture(page, 'guardian-approval-phone');
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    await card.getByRole('link', { name: 'See the plan and answer' }).click();
    await page.waitForURL(`**/task-list/${String(body.task_id)}`);
    await page.getByLabel('Reason', { exact: true }).fill('there is nothing in it');
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.getByText('rejected by local: there is nothing in it').waitFor();
    await page.goto(`${server.url}/guardian`);
    await page.getByText('No question is open').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('approves, rolls back, rejects and overrides on a phone', async () => {
    const { page, complaints, close } = await openPage(browser, PHONE);
    const what = 'mixtral-a@1.0.1 becomes the live release';
    const answer = async (button: 'Approve' | 'Reject', reason: string) => {
      await page.goto(`${server.url}/guardian`);
      await api(server, 'POST', '/api/autonomous/decision', PROMOTE);
      const card = page.getByRole('region', { name: what });
      await card.getByLabel('Reason').fill(reason);
      await fits(page, 390);
      await card.getByRole('button', { name: button, exact: true }).click();
      await page.getByText('No question is open').waitFor();
    };
    await answer('Approve', 'from the train');
    await until('the promotion', async () => (await liveVersion(server)) === '1.0.1');
    const panel = page.getByRole('region', { name: 'Emergency stop' });
    await panel.getByLabel('Reason').fill('it stumbles');
    await panel.getByRole('button', { name: 'Roll back' }).click();
    await until('the way back', async () => (await liveVersion(server)) === '1.0.0');
    await answer('Reject', 'not on a Sunday');
    await page.getByRole('link', { name: what }).first().click();
    await page.getByLabel('Reason for an override').fill('on a Sunday after all');
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Let it happen' }).click();
    await until('the override', async () => (await liveVersion(server)) === '1.0.1');
    await page.getByLabel('Reason for an override').fill('or not');
    await page.getByRole('button', { name: 'Take it back' }).click();
    await until('the way back again', async () => (await liveVersion(server)) === '1.0.0');
    await fits(page, 390);
    expect(complaints).toEqual([]);
    await close();
  });

  it('approves as changed on a phone, and it happens as changed', async () => {
    const { page, complaints, close } = await openPage(browser, PHONE);
    const canary = { ...PROMOTE, action: 'canary', parameters: { ...PROMOTE.parameters, share: 0.5 } };
    const { body } = await api(server, 'POST', '/api/autonomous/decision', canary);
    const decision = `/api/autonomous/decisions/${String(body.decision_id)}`;
    await page.goto(`${server.url}/guardian`);
    const card = page.getByRole('region').filter({ has: page.getByText('Approve with other parameters') });
    await card.getByLabel('Reason').fill('with care');
    await card.getByText('Approve with other parameters').click();
    const parameters = card.getByLabel('Parameters');
    await parameters.fill('{ "share": ');
    await card.getByText('This is not a JSON object.').waitFor();
    const changed = card.getByRole('button', { name: 'Approve as changed' });
    expect(await changed.isDisabled()).toBe(true);
    const amended = { ...PROMOTE.parameters, share: 0.05 };
    await parameters.fill(JSON.stringify(amended, null, 1));
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    await changed.click();
    await page.getByText('No question is open').waitFor();
    const decided = async () => (await api(server, 'GET', decision)).body;
    await until('the canary', async () => (await decided()).state === 'succeeded');
    const escalation = { amended, reason: 'with care' };
    expect(await decided()).toMatchObject({ parameters: amended, escalation });
    const { stages } = (await api(server, 'GET', '/api/guardian/dashboard')).body;
    expect(JSON.stringify(stages)).toContain('"share":0.05');
    const withdraw = { action: 'withdraw', parameters: { model: 'mixtral-a' }, reason: 'enough' };
    expect((await api(server, 'POST', '/api/guardian/override', withdraw)).body.state).toBe('succeeded');
    expect(complaints).toEqual([]);
    await close();
  });

  it.each(['light', 'dark'] as const)(
    'orders an action and saves the audit on a phone, %s',
    async (scheme) => {
      const { page, complaints, close } = await openPage(browser, { ...PHONE, colorScheme: scheme });
      await page.goto(`${server.url}/guardian`);
      const form = page.getByRole('region', { name: 'Order an action' });
      await form.getByRole('combobox', { name: 'Action' }).click();
      await page.getByRole('option', { name: 'monitoring: raise_alert' }).click();
      const alert = { name: `drill_${scheme}`, severity: 'warning', summary: 'the guardian tries the bell' };
      await form.getByLabel('Parameters').fill(JSON.stringify(alert));
      const order = form.getByRole('button', { name: 'Order it' });
      await form.getByLabel('Reason for the order').fill('to hear it');
      expect(await order.isDisabled()).toBe(true);
      await form.getByRole('checkbox').check();
      await fits(page, 390);
      await picture(page, `guardian-order-${scheme}`);
      await order.click();
      await form.getByText('done, it helped').waitFor();
      const ringing = async () => {
        const { body } = await api(server, 'GET', '/api/monitoring/alerts');
        return JSON.stringify(body).includes(`by_hand.${alert.name}`);
      };
      await until('the alert', ringing);
      await page
        .getByText(/^decision\.approved by \S+: to hear it$/)
        .first()
        .waitFor();
      const saved = async (as: string) => {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('button', { name: `Save the audit as ${as}` }).click(),
        ]);
        return readFile(await download.path(), 'utf8');
      };
      const { body } = await api(server, 'GET', '/api/guardian/audit?limit=500');
      const count = (body.items as unknown[]).length;
      expect(count).toBeGreaterThan(0);
      const [head, ...lines] = (await saved('JSON lines')).trim().split('\n');
      expect(JSON.parse(head)).toHaveProperty('checkpoint');
      expect(lines).toHaveLength(count);
      const csv = await saved('CSV');
      expect(csv).toContain(`by_hand.${alert.name}`);
      expect(csv).toContain(',approved,to hear it,');
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );

  it('gives an order once whose answer was lost, and asks for a second thought after every change', async () => {
    const { page, close } = await openPage(browser);
    const keys: unknown[] = [];
    await page.route('**/api/guardian/override', async (route) => {
      keys.push((route.request().postDataJSON() as { idempotency_key: string }).idempotency_key);
      if (keys.length !== 1) return route.continue();
      await route.fetch();
      return route.abort();
    });
    await page.goto(`${server.url}/guardian`);
    const form = page.getByRole('region', { name: 'Order an action' });
    await form.getByRole('combobox', { name: 'Action' }).click();
    await page.getByRole('option', { name: 'monitoring: raise_alert' }).click();
    const sure = form.getByRole('checkbox');
    const alert = { name: 'drill_lost', severity: 'warning', summary: 'the line is cut' };
    await form.getByLabel('Reason for the order').fill('to hear it');
    await sure.check();
    await form.getByLabel('Parameters').fill(JSON.stringify(alert));
    expect(await sure.isChecked()).toBe(false);
    await sure.check();
    await form.getByLabel('Reason for the order').fill('to hear it once');
    expect(await sure.isChecked()).toBe(false);
    await sure.check();
    const order = form.getByRole('button', { name: 'Order it' });
    await order.click();
    await form.getByText('The server cannot be reached').waitFor();
    expect([await sure.isChecked(), await order.isDisabled()]).toEqual([false, true]);
    await sure.check();
    await order.click();
    await form.getByText('done, it helped').waitFor();
    expect(await sure.isChecked()).toBe(false);
    const ordered = async () => {
      const { body } = await api(server, 'GET', '/api/autonomous/decisions?limit=100');
      const items = body.items as { parameters: { name?: string } }[];
      return items.flatMap(({ parameters: { name } }) => (name?.startsWith(alert.name) ? [name] : []));
    };
    expect(await ordered()).toEqual([alert.name]);
    await form.getByLabel('Parameters').fill(JSON.stringify({ ...alert, name: 'drill_lost_again' }));
    await form.getByLabel('Reason for the order').fill('to hear another');
    await sure.check();
    await order.click();
    await until('the next order', async () => (await ordered()).length === 2);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
    await close();
  });

  it('foresees on the Decisions page, draws the calibration, and does the same on a phone', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/decisions`);
    await page.getByRole('table', { name: 'Decisions' }).waitFor();
    await page.getByRole('img', { name: /^Share of decisions that came true/ }).waitFor();
    await page.getByRole('region', { name: 'Decision matrix' }).getByText('guardian override').waitFor();
    const foresee = async ({ page: open }: { page: Page }) => {
      await open.getByRole('combobox', { name: 'Action' }).click();
      await open.getByRole('option', { name: 'deployment: promote' }).click();
      await open.getByLabel('Parameters').fill(JSON.stringify(PROMOTE.parameters));
      await open.getByRole('button', { name: 'Dry run' }).click();
      await open.getByText('NOT_CONFIDENT').waitFor();
    };
    await foresee({ page });
    await picture(page, 'decisions');
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
    const phone = await openPage(browser, { ...PHONE, colorScheme: 'dark' });
    await phone.page.goto(`${server.url}/decisions`);
    await phone.page.getByRole('table', { name: 'Decisions' }).waitFor();
    await phone.page.getByRole('region', { name: 'Decision matrix' }).waitFor();
    await foresee(phone);
    await picture(phone.page, 'decisions-phone-dark');
    await fits(phone.page, 390);
    expect(await accessibilityFaults(phone.page)).toEqual([]);
    expect(phone.complaints).toEqual([]);
    await phone.close();
  });
});
