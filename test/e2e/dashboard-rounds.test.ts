import type { Browser } from 'playwright-core';
import type { Person } from '../support/accounts.js';
import { DAMAGED_EXPERT } from '../support/damaged-genesis.js';
import { answerOnce, PATIENCE_MS, type TestServer } from '../support/index.js';
import {
  baseOf,
  personWith,
  repairingUpdate,
  RoundMember,
  startRoundServer,
  termsFor,
} from '../support/rounds.js';
import { accessibilityFaults, browserTests, fits, launchBrowser, openPage } from './dashboard-support.js';

/** An evaluation computes thousands of answers. */
const JUDGING_MS = 2 * PATIENCE_MS;

browserTests('the Rounds page', () => {
  let server: TestServer;
  let browser: Browser;
  let members: RoundMember[];
  let people: Person[];

  beforeAll(async () => {
    const started = await startRoundServer();
    ({ server } = started);
    [members, people] = [[], []];
    for (const number of [21, 22, 23]) {
      const person = await personWith(server, started.admin, 'user', 'contributor');
      people.push(person);
      members.push(new RoundMember(server, person, number));
    }
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('follows a round from its announcement to its verdict as it happens', async () => {
    const { page, complaints, close } = await openPage(browser);
    const notices: string[] = [];
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => void notices.push(String(payload))),
    );
    await page.goto(`${server.url}/rounds`);
    await page.getByText('Nobody has announced a round yet').waitFor();
    const terms = await termsFor(server);
    const id = String((await members[0].announce(terms)).body.round_id);
    await page.getByRole('row', { name: new RegExp(DAMAGED_EXPERT) }).click();
    await page.waitForURL(/\/rounds\/round_/);
    await page.getByText('Nobody has joined yet').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    for (const member of members) await member.join(id);
    await page.getByText('3 of 3').first().waitFor();
    await page.getByText('training', { exact: true }).first().waitFor();

    const base = await baseOf(server, terms);
    const updates = members.map((_, i) =>
      repairingUpdate(
        base,
        (value, place) => value * (i === 2 ? -1.5 : 1 + 0.02 * Math.sin(place * (i + 1))),
      ),
    );
    for (const [i, member] of members.entries()) await member.commit(id, updates[i]);
    await page.getByText('showing updates', { exact: true }).waitFor();
    for (const [i, member] of members.entries()) await member.reveal(id, updates[i]);
    await page.getByRole('img', { name: /Cosine of each update/ }).waitFor();
    await page.getByText('handed in', { exact: true }).waitFor();
    await page.getByText('less loss', { exact: false }).waitFor({ timeout: JUDGING_MS });
    await answerOnce(
      () => notices.filter((notice) => notice.includes('round.changed')).length,
      (count) => count > 0,
    );
    expect(await accessibilityFaults(page)).toEqual([]);

    await page.emulateMedia({ colorScheme: 'dark' });
    await page.getByText(`npx stemma rounds recompute ${id}`).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 800 });
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('link', { name: 'All rounds' }).click();
    await page.getByRole('heading', { name: 'From round to round' }).waitFor();
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('lets who has announced a round cancel it, and nobody else see how', async () => {
    const { page, complaints, close } = await openPage(browser);
    const [announcer] = people;
    const id = String((await members[0].announce(await termsFor(server))).body.round_id);
    await page.goto(`${server.url}/rounds/${id}`);
    await page.getByText('Nobody has joined yet').waitFor();
    await page.getByRole('link', { name: 'Sign in' }).filter({ visible: true }).first().waitFor();
    expect(await page.getByRole('button', { name: 'Cancel the round' }).count()).toBe(0);
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Name').fill(announcer.name);
    await page.getByRole('textbox', { name: 'Password' }).fill(announcer.password);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Account', exact: true }).filter({ visible: true }).waitFor();
    await page.goto(`${server.url}/rounds/${id}`);
    await page.getByRole('button', { name: 'Cancel the round' }).waitFor();
    await page.setViewportSize({ width: 390, height: 800 });
    await fits(page, 390);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel('Reason, which everybody can read').fill('the wrong expert');
    await page.getByRole('button', { name: 'Cancel the round' }).click();
    await page.getByText('ROUND_CANCELLED').waitFor();
    await page.getByText('the wrong expert').waitFor();
    expect(await page.getByRole('button', { name: 'Cancel the round' }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });
});
