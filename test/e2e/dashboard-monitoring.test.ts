import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Browser } from 'playwright-core';
import { momentIn } from '../../frontend/src/components/format.js';
import { packageRoot } from '../../src/common/installation.js';
import { partitionOf } from '../../src/monitoring/history/partitions.js';
import { api } from '../support/autonomy.js';
import { replaceFile, startServer, temporaryFolder, type TestServer } from '../support/index.js';
import { accessibilityFaults, browserTests, fits, launchBrowser, openPage } from './dashboard-support.js';

/** What a guardian is called about who has only a phone. */
const ALERT = { name: 'drill_phone', severity: 'warning', summary: 'somebody tries the bell' };

browserTests('the Monitoring and Healing pages', () => {
  const policies = temporaryFolder('policies');
  const rules = join(temporaryFolder('rules'), 'healing.yaml');
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    // How busy the machine of the tests is, or whether it stops for a while, is not what is tested.
    const usual = readFileSync(join(packageRoot(), 'config', 'healing.yaml'), 'utf8');
    const patient = usual
      .replaceAll(/threshold: 0\.9\b/g, 'threshold: 9')
      .replaceAll(/threshold: (8000|5000|15000)\b/g, 'threshold: 600000');
    writeFileSync(rules, patient);
    server = await startServer({
      env: {
        ...{ IMPORT_GENESIS: 'false', POLICY_DIR: policies, DATABASE_POOL_SIZE: '4' },
        ...{ HEALING: 'auto', HEALING_SECONDS: '1', HEALING_FILE: rules },
      },
    });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server.stop();
  });

  /** A picture for people to look at, where somebody wants one. */
  const picture = process.env.STEMMA_PICTURES;

  it('shows agents and alerts live, and takes what somebody knows', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/monitoring`);
    await page.getByText('Nothing troubles the server').waitFor();
    await page.getByRole('button', { name: 'Let performance look now' }).click();
    await page.getByRole('heading', { name: 'performance' }).waitFor();
    await page.getByText('Event loop, late by', { exact: true }).waitFor();
    replaceFile(join(policies, 'broken.yaml'), 'version: 1\nrules: nothing\n');
    await page.getByText('tasks.POLICY_BROKEN').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    if (picture !== undefined) await page.screenshot({ path: `${picture}/monitoring.png`, fullPage: true });
    const alert = page.getByRole('listitem').filter({ hasText: 'tasks.POLICY_BROKEN' });
    await page.getByLabel('What you know about tasks.POLICY_BROKEN').fill('being put right');
    await alert.getByRole('button', { name: 'Silence for an hour' }).click();
    await alert.getByText('silenced until').waitFor();
    if (picture !== undefined) await page.screenshot({ path: `${picture}/silenced.png`, fullPage: true });
    await alert.getByRole('button', { name: 'Acknowledge' }).click();
    // A busy machine may have an alert of its own; this one has to go.
    await page.getByText('tasks.POLICY_BROKEN').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows half a year where there are many measurements, and a report as it is made', async () => {
    const { page, complaints, close } = await openPage(browser);
    const client = new Client({ connectionString: server.databaseUrl ?? '' });
    await client.connect();
    const { id } = JSON.parse(readFileSync(join(server.dataDir, 'instance.json'), 'utf8')) as { id: string };
    // Many more than there are spans, long ago, with one peak among them.
    const ago = Date.now() - 100 * 86_400_000;
    const { name, from, to } = partitionOf(ago);
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF monitoring_observations FOR VALUES FROM ('${from}') TO ('${to}')`,
    );
    await client.query(
      `INSERT INTO monitoring_observations (agent, node, instance, at, status, detail, measures)
       SELECT 'performance', 'n', $1, to_timestamp($2 / 1000.0), 'ok', '', json_build_object('cpu_share', CASE n WHEN 7 THEN 0.77 ELSE 0.2 END)
       FROM generate_series(1, 1000) AS n`,
      [id, ago],
    );
    await page.goto(`${server.url}/monitoring`);
    await page.getByText('Half a year', { exact: true }).click();
    const charts = page.getByRole('region', { name: 'The last half year' });
    await charts
      .getByText(momentIn(100 * 86_400_000, ago), { exact: true })
      .first()
      .waitFor();
    await charts.getByText('Table', { exact: true }).first().click();
    const row = charts.getByRole('region', { name: 'Processors, table' }).getByRole('row').last();
    expect(await row.getByRole('cell').allTextContents()).toEqual([
      momentIn(100 * 86_400_000, ago),
      '20',
      '77',
    ]);
    expect(await accessibilityFaults(page)).toEqual([]);
    if (picture !== undefined) await page.screenshot({ path: `${picture}/half-year.png`, fullPage: true });
    await client.query(
      `INSERT INTO health_reports (id, node, at, status, report) VALUES ('report_${'0'.repeat(32)}', 'just made', $1, 'ok', '{}')`,
      [Date.now()],
    );
    await page.getByText('just made', { exact: true }).waitFor();
    await client.end();
    expect(complaints).toEqual([]);
    await close();
  });

  it('diagnoses, uses a remedy with a reason, and shows how remedies fared', async () => {
    const { page, complaints, close } = await openPage(browser, { colorScheme: 'dark' });
    await page.goto(`${server.url}/healing`);
    await page.getByText('Nothing has gone wrong yet').waitFor();
    await page.getByRole('button', { name: 'Diagnose now' }).click();
    expect(await page.getByRole('button', { name: 'Use it now' }).isDisabled()).toBe(true);
    await page.getByRole('combobox', { name: 'Remedy' }).click();
    await page.getByRole('option', { name: 'run_gc' }).click();
    await page.getByText('memory that nothing refers to').waitFor();
    await page.getByLabel('Reason').fill('a drill');
    await page.getByRole('button', { name: 'Use it now' }).click();
    await page.getByText(/the collector gave back/).waitFor();
    await page.getByText('of 1 attempt').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    if (picture !== undefined) await page.screenshot({ path: `${picture}/healing.png`, fullPage: true });
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows an incident as it happens, and that a remedy helped', async () => {
    const { page, close } = await openPage(browser);
    await page.goto(`${server.url}/healing`);
    await page.getByText('Nothing has gone wrong yet').waitFor();
    let isOver = false;
    // A connection as the server's own, which has begun a transaction and forgotten it.
    const { id } = JSON.parse(readFileSync(join(server.dataDir, 'instance.json'), 'utf8')) as { id: string };
    const forgotten = new Client({
      connectionString: server.databaseUrl ?? '',
      application_name: `stemma@${id}`,
    });
    // What hung no longer hangs: whoever went on asking without a pause could keep so few connections from ever being free.
    forgotten.on('error', () => (isOver = true));
    await forgotten.connect();
    try {
      await forgotten.query('BEGIN; LOCK TABLE alerts IN ACCESS EXCLUSIVE MODE');
      // Those who get no connection are refused after seconds; people and programs ask again.
      const asking = Array.from({ length: 10 }, async () => {
        while (!isOver) await fetch(`${server.url}/api/monitoring/alerts`).then((answer) => answer.text());
      });
      await Promise.all(asking);
      await page.getByText(/reset_pool \(helped [1-9]\d* of/).waitFor();
    } finally {
      isOver = true;
      await forgotten.end().catch(() => undefined);
    }
    await page.getByText('pool_exhausted').first().waitFor();
    await page.getByText('What happened').first().click();
    await page.getByText('stuck connections were cut off').first().waitFor();
    if (picture !== undefined) await page.screenshot({ path: `${picture}/incident.png`, fullPage: true });
    await close();
  });

  it('lets a guardian do the whole job at 390 px', async () => {
    const { page, complaints, close } = await openPage(browser, { viewport: { width: 390, height: 800 } });
    const readable = async (name: string) => {
      await fits(page, 390);
      expect(await accessibilityFaults(page)).toEqual([]);
      if (picture !== undefined)
        await page.screenshot({ path: `${picture}/${name}-phone.png`, fullPage: true });
    };
    const order = { action: 'raise_alert', reason: 'a drill', parameters: ALERT };
    const ordered = await api(server, 'POST', '/api/guardian/override', order);
    expect([ordered.status, ordered.body.state]).toEqual([200, 'succeeded']);
    await page.goto(`${server.url}/monitoring`);
    await page.getByText('Health reports').first().waitFor();
    const known = page.getByLabel(`What you know about by_hand.${ALERT.name}`);
    const alert = page.getByRole('listitem').filter({ has: known });
    await known.fill('seen on the way');
    await alert.getByRole('button', { name: 'Silence for an hour' }).click();
    await alert.getByText('silenced until').waitFor();
    await readable('monitoring');
    await alert.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText(`by_hand.${ALERT.name}`).waitFor({ state: 'detached' });
    const answered = async () => {
      const { body } = await api(server, 'GET', '/api/monitoring/alerts?limit=100');
      const items = body.items as { fingerprint: string }[];
      return items.find(({ fingerprint }) => fingerprint.startsWith(`by_hand.${ALERT.name}`));
    };
    expect(await answered()).toMatchObject({ reason: 'seen on the way', silenced_until: expect.any(Number) });
    await page.goto(`${server.url}/healing`);
    await page.getByText('Known patterns').first().waitFor();
    const [diagnosed] = await Promise.all([
      page.waitForResponse('**/api/healing/diagnose'),
      page.getByRole('button', { name: 'Diagnose now' }).click(),
    ]);
    const { symptoms } = (await diagnosed.json()) as { symptoms: { summary: string }[] };
    const found = symptoms.length === 0 ? 'nothing is wrong' : symptoms[0].summary;
    const byHand = page.getByRole('region', { name: 'By hand' });
    await byHand.getByText(found, { exact: true }).waitFor();
    await byHand.getByRole('combobox', { name: 'Remedy' }).click();
    await page.getByRole('option', { name: 'prune_files' }).click();
    await byHand.getByText('temporary files older than ten minutes').waitFor();
    await byHand.getByLabel('Reason').fill('from the train');
    await byHand.getByRole('button', { name: 'Use it now' }).click();
    await byHand.getByText(/unfinished snapshots were removed/).waitFor();
    await readable('healing');
    expect(complaints).toEqual([]);
    await close();
  });
});
