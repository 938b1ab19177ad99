import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { packageRoot } from '../../src/common/installation.js';
import type { LineageStep } from '../../src/learning/lineage/expert-lineages.js';
import { DAMAGED_EXPERT } from '../support/damaged-genesis.js';
import { startDamagedServer } from '../support/damaged-server.js';
import { datasetOf, goodLines, nonceFor, uploadDataset } from '../support/datasets.js';
import { replaceFile, runCommand, temporaryFolder, until, type TestServer } from '../support/index.js';
import { epochWith, quickEpochs, type ShownEpoch } from '../support/rewards.js';
import { Submitter, type Body } from '../support/submissions.js';
import { call, waitForTask } from '../support/tasks.js';
import { accessibilityFaults, browserTests, launchBrowser, openPage } from './dashboard-support.js';

const WORK_BITS = 4;
/** A page that is told of an epoch asks for it this soon, ms; one that is not asks once a minute. */
const SOON_MS = 5_000;
const WORK_IT_OUT = 'Work it out in this browser';
const PHONE = { viewport: { width: 390, height: 844 }, colorScheme: 'light' } as const;

browserTests('the Rewards and Lineage pages', () => {
  let server: TestServer;
  let browser: Browser;
  let contributor: Submitter;

  const policies = temporaryFolder('policies');
  const policy = readFileSync(join(packageRoot(), 'config', 'policies', 'default.yaml'), 'utf8');

  beforeAll(async () => {
    mkdirSync(policies, { recursive: true });
    writeFileSync(join(policies, 'own.yaml'), policy);
    const env = {
      ...{ REWARDS_FILE: quickEpochs(), DATASET_WORK_BITS: String(WORK_BITS) },
      // What is accepted is paid without an audit.
      LEARNING_AUDIT_UPDATES: '0',
      POLICY_DIR: policies,
    };
    ({ server } = await startDamagedServer(env));
    contributor = new Submitter(server.url);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server.stop();
  });

  /** The block of a dataset that this server's one person has uploaded. */
  async function ownDataset(): Promise<string> {
    const dataset = datasetOf('sums', goodLines(120));
    const nonce = nonceFor('local', dataset.description, WORK_BITS);
    const { status, body } = await uploadDataset(server, null, dataset, nonce);
    expect([status, body.creator]).toEqual([200, 'local']);
    const { stages } = await contributor.get(`/datasets/${String(body.id)}`);
    return String((stages as Body[])[0].block);
  }

  /** The epoch that pays for a repaired expert. */
  async function paidEpoch(): Promise<ShownEpoch> {
    const { body } = await contributor.submit(await contributor.prepare(undefined, [await ownDataset()]));
    await contributor.reaches(String(body.submission_id), 'accepted');
    return epochWith(server.url, ({ verdicts }) => verdicts === 1);
  }

  it('say what would be here before anything was accepted and paid', async () => {
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/rewards`);
    await page.getByText('No epoch was paid yet').waitFor();
    await page.getByRole('region', { name: 'Terms' }).getByText('use earns nothing').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('link', { name: 'Lineage' }).click();
    await page.getByText('No expert of genesis was trained here yet').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('show the own balance, statement, epochs with who was paid why, and checks solvency', async () => {
    const { page, complaints, close } = await openPage(browser, { colorScheme: 'dark' });
    const asks = asksWhenTold(page);
    await page.goto(`${server.url}/rewards`);
    const { epoch, record } = await paidEpoch();
    await until('the page to ask as it is told', asks);
    const { account: author } = record.paid.find(({ account }) => account.startsWith('key:'))!;
    // A tenth of what the expert earned is the share of whoever gave the data.
    const own = record.paid.find(({ account }) => account === 'account:local')!.amount;
    const exact = units(own);
    await page.getByRole('region', { name: 'Balance' }).getByTitle(exact).first().waitFor();
    const line = page.getByRole('table', { name: 'Statement' }).getByRole('row', { name: /paid/ });
    await line.getByTitle(`+${exact}`).waitFor();
    await line.getByRole('link', { name: 'rewards:owed' }).waitFor();
    const block = (await line.locator('a[href^="/blocks/C/"]').getAttribute('href'))!.split('/').at(-1);
    // The last cell is filled once the block is in the log.
    const leaf = line.getByRole('cell', { name: /^[\d,]+$/ });
    await leaf.waitFor();
    const { log_index: index } = await contributor.get(`/chain/C/blocks/${block}`);
    expect(await leaf.innerText()).toBe(Number(index).toLocaleString('en-GB'));
    expect(await accessibilityFaults(page)).toEqual([]);

    await page.getByRole('button', { name: 'Check account:local in this browser' }).click();
    await page.getByText('the balance is in the sum under this root').waitFor();
    await page.getByText('the sum is what was issued').waitFor();
    const { root } = await contributor.get('/rewards/solvency');
    await page.getByText(`npx stemma rewards verify-solvency proof.json --root ${String(root)}`).waitFor();

    await line.getByRole('link', { name: `epoch ${epoch}` }).click();
    await page.getByRole('heading', { name: `Epoch ${epoch}` }).waitFor();
    const shares = page.getByRole('table', { name: 'Shares' });
    await shares
      .getByRole('row', { name: /account:local/ })
      .getByTitle(exact)
      .first()
      .waitFor();
    const why = page.getByRole('table', { name: 'Reasons' });
    await why
      .getByRole('row', { name: /data that an expert was trained on account:local/ })
      .first()
      .waitFor();
    await page.getByText(`npx stemma rewards recompute --epoch ${epoch}`, { exact: true }).waitFor();
    await page.getByText('paid', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: WORK_IT_OUT }).click();
    await page.getByText('equal to the unit').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);

    await shares.getByTitle(author).click();
    await page.waitForURL(/account=key%3A/);
    const [{ amount }] = record.paid.filter(({ account }) => account === author);
    await page.getByRole('region', { name: 'Balance' }).getByTitle(units(amount)).first().waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('find out in the browser where a figure or the log is changed on the way', async () => {
    const { epoch, hash, record } = await epochWith(server.url, ({ verdicts }) => verdicts === 1);
    const { page, close } = await openPage(browser);
    const workItOut = async () => {
      await page.goto(`${server.url}/rewards?epoch=${epoch}`);
      await page.getByRole('button', { name: WORK_IT_OUT }).click();
    };
    const [{ amount }] = record.paid;
    const more = String(BigInt(amount) + 1n);
    await page.route(`**/rewards/epochs/${epoch}`, async (route) => {
      const response = await route.fetch();
      const served = (await response.json()) as ShownEpoch;
      const paid = served.record.paid.map((share, i) => (i === 0 ? { ...share, amount: more } : share));
      await route.fulfill({ response, json: { ...served, record: { ...served.record, paid } } });
    });
    await workItOut();
    await page.getByText('not equal: something else follows from the log').waitFor();
    await page.getByText(`shown ${more}, worked out ${amount}`, { exact: true }).waitFor();
    await page.getByText('paid.0.amount', { exact: true }).waitFor();
    // What is worked out is what was published, which the page shows, too.
    expect(await page.getByRole('button', { name: new RegExp(`copy ${hash}$`) }).count()).toBe(2);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.unroute(`**/rewards/epochs/${epoch}`);

    await page.route('**/log/tile/entries/**', async (route) => {
      const response = await route.fetch();
      const bytes = await response.body();
      // The time of the first leaf, which ends with its last digit and a brace.
      const end = bytes.indexOf('}', bytes.indexOf('"time":'));
      bytes[end - 1] ^= 1;
      await route.fulfill({ response, body: bytes });
    });
    await workItOut();
    await page.getByText(/it does not follow from the log: .*LOG_ROOT_WRONG/).waitFor();
    await close();
  }, 120_000);

  it('show what was given back of a transfer, once somebody else than who asked has approved it', async () => {
    const own = { DATA_DIR: server.dataDir, DATABASE_URL: String(server.databaseUrl), PORT: '0' };
    const stemma = async (...args: string[]) => {
      const { code, stdout } = await runCommand([...args, '--json'], own);
      return { code, body: JSON.parse(stdout) as Body & { error?: { code: string } } };
    };
    const statement = async () => (await contributor.get('/rewards/statement/account:local')).items as Body[];
    const { transfer, amount, reference } = (await statement()).find(({ code }) => code === 'reward.paid')!;
    for (const wrong of ['-1', '0', '1.5', String(2n ** 127n), '9'.repeat(60)]) {
      const parameters = { transfer, amount: wrong, reason: 'negative or beyond all bounds' };
      const started = await call(server.url, 'POST', '/task/start', {
        task_type: 'compensate_transfer',
        parameters,
      });
      expect([started.status, started.body.code]).toEqual([422, 'PARAMETERS_INVALID']);
    }
    const ask = async (reason: string) => {
      const asked = await stemma('rewards', 'compensate', String(transfer), '--reason', reason);
      expect(asked.code).toBe(0);
      await waitForTask(server.url, String(asked.body.task_id), ['waiting_approval']);
      return String(asked.body.task_id);
    };
    const approve = (task: string) =>
      call(server.url, 'POST', `/task/${task}/approve`, { approved: true, reason: 'so it is' });
    // As shipped, two people are needed, and here is one; whoever runs the server may say otherwise.
    const alone = await ask('paid by mistake');
    expect((await approve(alone)).body).toMatchObject({ code: 'FOUR_EYES_UNMET' });
    // The same request is the same task.
    expect(await ask('paid by mistake')).toBe(alone);
    expect((await statement()).find((line) => line.transfer === transfer)).toMatchObject({ corrected: '0' });
    const { version } = await contributor.get('/policy');
    replaceFile(join(policies, 'own.yaml'), policy.replace('    four_eyes: true\n', ''));
    await until('the policy is read', async () => (await contributor.get('/policy')).version !== version);
    const task = await ask('paid by mistake, asked for again');
    expect((await approve(task)).status).toBe(200);
    const { steps } = await waitForTask(server.url, task, ['completed']);
    const [line] = await statement();
    expect(steps.at(-1)?.output).toMatchObject({ transfer: line.transfer, corrects: transfer, amount });
    expect(line).toMatchObject({
      code: 'reward.corrected',
      amount,
      reference: `transfer:${String(transfer)}/${task}`,
    });
    expect((await contributor.get(`/rewards/transfers/${String(transfer)}`)).correctable).toBe('0');
    const again = await stemma('rewards', 'compensate', String(transfer), '--reason', 'twice');
    expect([again.code, again.body.error?.code]).toEqual([1, 'COMPENSATION_TOO_MUCH']);

    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${server.url}/rewards`);
    const table = page.getByRole('table', { name: 'Statement' });
    await table.getByRole('row', { name: /paid, given back/ }).waitFor();
    await table
      .getByRole('row', { name: /put right/ })
      .getByTitle(`corrects transfer ${String(transfer)}`)
      .click();
    await page.waitForURL(new RegExp(`/task-list/${task}`));
    // The dataset's page names what would have to do without it.
    const [{ id }] = (await contributor.get('/datasets')).items as Body[];
    await page.goto(`${server.url}/dataset-list/${String(id)}`);
    const listed = (name: string, link: RegExp) =>
      page.getByRole('list', { name }).getByRole('link', { name: link }).first().waitFor();
    await listed('Trained on it', new RegExp(`^genesis ${DAMAGED_EXPERT}$`));
    await listed('Releases that depend on it', /^genesis@\d+\.\d+\.\d+$/);
    expect(complaints).toEqual([]);
    await close();

    const epoch = /^epoch:(\d+)$/.exec(String(reference))![1];
    expect((await stemma('rewards', 'recompute', '--epoch', epoch)).body).toMatchObject({ equal: true });
    const checked = await stemma('fsck');
    expect(checked.code).toBe(0);
  });

  it('draw which expert descends from which, by whom, of what data, and what it gained', async () => {
    const { items } = await contributor.get('/learning/lineage/genesis');
    const [step] = items as unknown as LineageStep[];
    const [{ block, parent }] = step.blocks;
    const [{ dataset }] = step.datasets;
    const { page, complaints, close } = await openPage(browser, { colorScheme: 'dark' });
    await page.goto(`${server.url}/lineage`);
    const fall = `${(step.overall.fall * 100).toFixed(1)} %`;
    const made = page.getByRole('button', { name: new RegExp(`^${DAMAGED_EXPERT}, ${fall} less loss`) });
    await made.waitFor();
    await page.getByRole('heading', { name: `${DAMAGED_EXPERT} ${block.slice(0, 6)}…` }).waitFor();
    await page.getByRole('img', { name: /Less loss in each domain/ }).waitFor();
    await page.getByRole('row', { name: /^arithmetic/ }).waitFor();
    const row = page.getByRole('table', { name: 'Lineage' }).getByRole('row', { name: new RegExp(fall) });
    const linksOf = async () => {
      const links = await row.getByRole('link').all();
      return Promise.all(links.map((link) => link.getAttribute('href')));
    };
    expect(await linksOf()).toEqual(
      expect.arrayContaining([`/dataset-list/${dataset}`, `/submissions/${step.submission_id}`]),
    );
    expect(await accessibilityFaults(page)).toEqual([]);

    // The arrow keys go from one expert to the next, Enter chooses.
    await made.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`block=${parent}`));
    await page.getByText('No accepted submission that is shown here made it').waitFor();
    await row.getByRole('link', { name: new RegExp(`^${DAMAGED_EXPERT}`) }).click();
    await page.waitForURL(new RegExp(`block=${block}`));
    const descent = page.getByRole('list', { name: 'Line of descent' }).getByRole('listitem');
    await descent
      .nth(1)
      .getByText(`${block.slice(0, 6)}… itself`)
      .waitFor();
    expect(await descent.count()).toBe(2);
    await page.goto(`${server.url}/lineage?model=genesis&expert=${DAMAGED_EXPERT}`);
    await made.waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it.each([
    ['/learning/lineage/nobody', 404, 'MODEL_UNKNOWN'],
    ['/learning/lineage/genesis/layer99.expert0', 404, 'EXPERT_UNKNOWN'],
    ['/learning/lineage/genesis/everybody', 400, 'VALIDATION_FAILED'],
    ['/learning/lineage/genesis?limit=101', 400, 'VALIDATION_FAILED'],
    ['/learning/lineage/genesis?cursor=x', 400, 'VALIDATION_FAILED'],
  ])('refuse %s', async (path, status, code) => {
    expect(await call(server.url, 'GET', path)).toMatchObject({ status, body: { code } });
  });

  it('find an account by its name or key, also by the keyboard at 390 px', async () => {
    const { page, complaints, close } = await openPage(browser, PHONE);
    await page.goto(`${server.url}/rewards`);
    const field = page.getByRole('combobox', { name: 'Account' });
    await field.fill('Not an account');
    await page.keyboard.press('Enter');
    await page.getByText('This cannot be the name of an account').waitFor();
    await field.fill('rewards:owed');
    await page.keyboard.press('Enter');
    await page.waitForURL(/account=rewards%3Aowed/);
    await page
      .getByRole('row', { name: /earned/ })
      .first()
      .waitFor();
    const epoch = page.getByRole('table', { name: 'Epochs' }).getByRole('row', { name: /paid/ }).first();
    await epoch.waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await accessibilityFaults(page)).toEqual([]);
    await epoch.press('Enter');
    await page.getByRole('heading', { name: /^Epoch \d+$/ }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await accessibilityFaults(page)).toEqual([]);

    await page.goto(`${server.url}/lineage`);
    await page.getByRole('button', { name: new RegExp(`^${DAMAGED_EXPERT}, origin`) }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);

    await page.goto(`${server.url}/rewards?account=nobody`);
    await page.getByText('Nothing was paid to this account yet').waitFor();
    await close();
  });
});

/** Whether a page has asked for the epochs soon after it was told that one is paid. */
function asksWhenTold(page: Page): () => boolean {
  const [told, asked]: number[][] = [[], []];
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      if (String(payload).includes('"epoch.settled"')) told.push(performance.now());
    }),
  );
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/rewards/epochs') asked.push(performance.now());
  });
  const soon = (at: number) => asked.some((then) => then >= at && then < at + SOON_MS);
  return () => told.some(soon);
}

function units(amount: string): string {
  return `${BigInt(amount).toLocaleString('en-GB')} units`;
}
