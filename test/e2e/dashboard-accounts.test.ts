import type { Browser, Page } from 'playwright-core';
import { answerOnce, startServer, type TestServer } from '../support/index.js';
import { ACCOUNT_SETTINGS, call, setupToken } from '../support/accounts.js';
import { accessibilityFaults, browserTests, fits, launchBrowser, openPage } from './dashboard-support.js';

const PASSWORD = 'a password of several words';

browserTests('accounts in the dashboard', () => {
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer({ env: ACCOUNT_SETTINGS }), launchBrowser()]);
    ({ page, complaints } = await openPage(browser));
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const heading = (name: string) => page.getByRole('heading', { name, level: 1 }).waitFor();

  it('makes the first admin by keyboard, from the printed link', async () => {
    await page.goto(`${server.url}/setup#token=${await setupToken(server)}`);
    await heading('Set up this server');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.type('root');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await heading('root');
    expect(page.url()).toBe(`${server.url}/account`);
  });

  it('keeps the session over a reload, and out of reach of scripts', async () => {
    await page.reload();
    await heading('root');
    const stored = (await page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])',
    )) as string;
    expect(stored).not.toMatch(/eyJ|stemma_refresh/);
  });

  it('makes a key, shows it once, and revokes it', async () => {
    await page.getByLabel('Name of the new key').fill('laptop');
    await page.getByLabel('read what is mine').check();
    await page.getByRole('button', { name: 'Make a key' }).click();
    const key = await page.getByText(/^stk_/).innerText();
    const me = () => call(server, 'GET', '/api/me', { token: key });
    expect((await me()).body).toMatchObject({ scopes: ['inference', 'read'] });
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByText(key).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Revoke the key laptop' }).click();
    await page.getByRole('button', { name: 'Revoke the key laptop' }).waitFor({ state: 'detached' });
    expect((await me()).status).toBe(401);
  });

  it('shows other sessions, ends one, and changes the password', async () => {
    const body = { name: 'root', password: PASSWORD };
    const other = await call(server, 'POST', '/api/login', { body, headers: { 'user-agent': 'a script' } });
    await page.reload();
    await page.getByText('a script').waitFor();
    await page.getByRole('button', { name: /^End the session/ }).click();
    await page.getByText('a script').waitFor({ state: 'detached' });
    const token = String(other.body.access_token);
    expect((await call(server, 'GET', '/api/me', { token })).status).toBe(401);
    await page.getByRole('textbox', { name: 'Current password' }).fill(PASSWORD);
    await page.getByRole('textbox', { name: 'New password' }).fill(`${PASSWORD}!`);
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('The password is changed.').waitFor();
    expect((await call(server, 'POST', '/api/login', { body })).status).toBe(401);
  });

  it('lets an admin give roles', async () => {
    const body = { name: 'bert', password: PASSWORD };
    const bert = await call(server, 'POST', '/api/register', { body });
    await page.getByRole('link', { name: 'All accounts' }).click();
    await heading('Accounts');
    const roles = page.getByRole('group', { name: 'Roles of bert' });
    // The box shows what the server is asked for a moment after the click.
    await roles.getByLabel('guardian').click();
    await roles.getByRole('checkbox', { name: 'guardian', checked: true }).waitFor();
    const token = String(bert.body.access_token);
    const rolesNow = async () => (await call(server, 'GET', '/api/me', { token })).body.roles;
    await answerOnce(rolesNow, (now) => JSON.stringify(now) === JSON.stringify(['user', 'guardian']));
    const admin = page.getByRole('group', { name: 'Roles of root' });
    await admin.getByLabel('admin').click();
    await page.getByText('This is the last admin').waitFor();
    expect(complaints.filter((text) => !text.includes('409'))).toEqual([]);
  });

  it('gives somebody who forgot the password a link', async () => {
    await page.getByRole('button', { name: 'New password for bert' }).click();
    const link = await page.getByText(/new-password#token=/).innerText();
    const other = await openPage(browser);
    await other.page.goto(link);
    await other.page.getByRole('heading', { name: 'A new password', level: 1 }).waitFor();
    expect(await accessibilityFaults(other.page)).toEqual([]);
    await other.page.keyboard.type('another password of bert');
    await other.page.keyboard.press('Enter');
    await other.page.getByRole('heading', { name: 'bert', level: 1 }).waitFor();
    expect(other.complaints).toEqual([]);
    await other.close();
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByText(/new-password#token=/).waitFor({ state: 'detached' });
  });

  it('signs out, lets anybody read, and signs in again', async () => {
    await page.goto(`${server.url}/account`);
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await heading('Sign in');
    await page.goto(`${server.url}/chain?view=table`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.goto(`${server.url}/receipts`);
    await page.getByRole('alert').getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Name').fill('root');
    await page.getByRole('textbox', { name: 'Password' }).fill(`${PASSWORD}!`);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Account', exact: true }).filter({ visible: true }).waitFor();
    await page.goto(`${server.url}/receipts`);
    await page.getByText('No answer has been given yet').waitFor();
  });

  it('signs in with a wallet that is in the browser', async () => {
    const { Wallet } = await import('ethers');
    const wallet = Wallet.createRandom();
    const other = await openPage(browser);
    await other.page.exposeFunction('signForTest', (hex: string) =>
      wallet.signMessage(Buffer.from(hex.slice(2), 'hex')),
    );
    await other.page.addInitScript(`window.ethereum = {
      request: ({ method, params }) => method === 'personal_sign'
        ? window.signForTest(params[0]) : Promise.resolve(['${wallet.address}']) }`);
    await other.page.goto(`${server.url}/sign-in`);
    await other.page.getByRole('button', { name: 'Sign in with a wallet' }).click();
    await other.page.getByRole('link', { name: 'Account', exact: true }).filter({ visible: true }).click();
    await other.page.getByText(wallet.address.toLowerCase()).waitFor();
    await other.close();
  });

  it.each(['light', 'dark'] as const)(
    'gives axe nothing to find in %s, and fits a phone',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const faults: Record<string, string[]> = {};
      const check = async (on: Page, path: string, title: string) => {
        await on.goto(server.url + path);
        await on.getByRole('heading', { name: title, level: 1 }).waitFor();
        faults[path] = await accessibilityFaults(on);
        await on.setViewportSize({ width: 400, height: 800 });
        await fits(on, 400);
        await on.setViewportSize({ width: 1280, height: 800 });
      };
      await check(page, '/account', 'root');
      await check(page, '/accounts', 'Accounts');
      const stranger = await openPage(browser, { colorScheme, reducedMotion: 'reduce' });
      await check(stranger.page, '/sign-in', 'Sign in');
      await check(stranger.page, '/setup#token=x', 'Set up this server');
      expect(faults).toEqual(Object.fromEntries(Object.keys(faults).map((path) => [path, []])));
      expect(stranger.complaints).toEqual([]);
      await stranger.close();
    },
  );
});
