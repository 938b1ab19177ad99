import type { Browser } from 'playwright-core';
import { runCommand, startServer, type TestServer } from '../support/index.js';
import { call, startCounter, waitForTask, type Counter, type TaskDocument } from '../support/tasks.js';
import { accessibilityFaults, browserTests, fits, launchBrowser, openPage } from './dashboard-support.js';

browserTests('the Tasks page', () => {
  let server: TestServer;
  let counter: Counter;
  let browser: Browser;

  beforeAll(async () => {
    counter = await startCounter();
    server = await startServer({
      env: { IMPORT_GENESIS: 'false', PROBE_PRIVATE_ADDRESSES: 'true' },
    });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    counter.close();
    await server.stop();
  });

  const start = async (task_type: string, parameters: object): Promise<string> => {
    const { body } = await call<TaskDocument>(server.url, 'POST', '/task/start', { task_type, parameters });
    return body.task_id;
  };

  it('shows tasks live, takes an approval with its reason, and proves the records', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/task-list`);
    await page.getByText('Nobody has asked for a task yet').waitFor();
    const id = await start('import_model', { folder: '/there/is/nothing' });
    await page.getByRole('cell', { name: 'import_model' }).click();
    await page.waitForURL(`**/task-list/${id}`);
    await page.getByRole('heading', { name: 'Your approval is asked for' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await page.getByRole('button', { name: 'Reject' }).isDisabled()).toBe(true);
    await page.getByLabel('Reason').fill('there is nothing in it');
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.getByText('rejected by local: there is nothing in it').waitFor();
    await page.getByText('approval.rejected, step 0, by local: there is nothing in it').waitFor();
    await page.getByText('task.rejected, by local: there is nothing in it').waitFor();
    await page.getByText('leaf').nth(3).waitFor();
    await page.getByRole('button', { name: 'Verify in this browser' }).click();
    await page
      .getByText(/^leaf \d+ of \d+$/)
      .nth(3)
      .waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('takes an approval on a phone', async () => {
    const id = await start('import_model', { folder: '/nothing/here' });
    const { page, complaints, close } = await openPage(browser, {
      ...{ viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
    });
    await page.goto(`${server.url}/task-list/${id}`);
    await page.getByRole('heading', { name: 'Your approval is asked for' }).waitFor();
    await page.getByLabel('Reason').fill('from the train');
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('approved by local: from the train').waitFor();
    await waitForTask(server.url, id, ['failed']);
    expect(complaints).toEqual([]);
    await close();
  });

  it('is readable at 400 px', async () => {
    const id = await start('http_probe', { url: counter.url });
    await waitForTask(server.url, id, ['completed']);
    const { page, close } = await openPage(browser, { viewport: { width: 400, height: 800 } });
    for (const [path, shown] of [
      ['/task-list', 'http_probe'],
      [`/task-list/${id}`, 'What happened'],
    ]) {
      await page.goto(server.url + path);
      await page.getByText(shown).first().waitFor();
      await fits(page, 400);
      expect(await accessibilityFaults(page)).toEqual([]);
    }
    await close();
  });

  it('can be done from the command line, too', async () => {
    const env = { DATA_DIR: server.dataDir, DATABASE_URL: String(server.databaseUrl), PORT: '0' };
    const id = await start('import_model', { folder: '/nothing' });
    await waitForTask(server.url, id, ['waiting_approval']);
    const listed = await runCommand(['tasks', '--state', 'waiting_approval', '--json'], env);
    expect(JSON.parse(listed.stdout)).toMatchObject({ tasks: [{ task_id: id, state: 'waiting_approval' }] });
    const wrong = await runCommand(['approve', id, '--reason', 'yes', '--plan-hash', '0'.repeat(64)], env);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('PLAN_CHANGED')]);
    const rejected = await runCommand(['approve', id, '--reject', '--reason', 'no', '--json'], env);
    expect(JSON.parse(rejected.stdout)).toEqual({ task_id: id, state: 'rejected' });
    expect((await runCommand(['tasks', '--state', 'asleep'], env)).code).toBe(1);
  });
});
