import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Wallet } from 'ethers';
import { Client } from 'pg';
import {
  answerOnce,
  replaceFile,
  runCommand,
  startServer,
  temporaryFolder,
  until,
  type TestServer,
} from '../support/index.js';
import { ACCOUNT_SETTINGS, firstAdmin } from '../support/accounts.js';
import { call as callWith } from '../support/tasks.js';

interface AlertDocument {
  readonly alert_id: string;
  readonly fingerprint: string;
  readonly state: string;
  readonly severity: string;
  readonly occurrences: number;
  readonly silenced_until: number | null;
}

describe('monitoring on a real server', () => {
  const policies = temporaryFolder('policies');
  const headers: Record<string, string> = {};
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer({
      env: { ...ACCOUNT_SETTINGS, POLICY_DIR: policies },
      until: 'listening',
    });
    headers.authorization = `Bearer ${(await firstAdmin(server)).token}`;
  });
  afterAll(() => server.stop());

  const call = <T>(url: string, method: 'GET' | 'POST', path: string, body?: unknown) =>
    callWith<T>(url, method, path, body, headers);
  const alerts = async () =>
    (await call<{ items: AlertDocument[] }>(server.url, 'GET', '/api/monitoring/alerts')).body.items;
  const acknowledge = (id: string) =>
    call<AlertDocument & { code: string }>(server.url, 'POST', `/api/monitoring/alerts/${id}/acknowledge`, {
      reason: 'seen',
    });
  const run = (name: string) =>
    call<{ status: string; detail: string; code: string; measures: Record<string, number> }>(
      server.url,
      'POST',
      `/api/monitoring/agents/${name}/run`,
    );

  it('runs every agent on request and keeps what it saw', async () => {
    for (const name of ['performance', 'security', 'health', 'decision']) {
      const { status, body } = await run(name);
      expect([name, status, body.detail]).toEqual([name, 200, expect.any(String)]);
    }
    const { body } = await call<{ items: { name: string; status: string; at: number }[] }>(
      server.url,
      'GET',
      '/api/monitoring/agents',
    );
    expect(body.items.map(({ name }) => name)).toEqual(['decision', 'health', 'performance', 'security']);
    expect(body.items.every(({ status, at }) => status !== 'unknown' && at > 0)).toBe(true);
    const history = await call<{ items: { measures: Record<string, number> }[] }>(
      server.url,
      'GET',
      '/api/monitoring/agents/performance/history?hours=1',
    );
    expect(history.body.items).toHaveLength(1);
    expect(history.body.items[0].measures.cpu_share).toBeGreaterThanOrEqual(0);
    expect((await run('nobody')).body.code).toBe('AGENT_NOT_FOUND');
    expect((await run('decision')).body.detail).toBe('nothing recorded yet');
  });

  it('lets engine and block store show that they work, and tells when one does not', async () => {
    const blobTrouble = async () =>
      (await alerts()).filter(({ fingerprint }) => fingerprint.startsWith('health.blob_store@'));
    // The engine starts beside the rest.
    await until('the self-test of the running engine agrees', async () => {
      await run('health');
      const { body } = await call<{ probes: Record<string, { facts?: { verdict?: string } }> }>(
        server.url,
        'GET',
        '/ready',
      );
      return body.probes.self_test.facts?.verdict === 'right';
    });
    expect(await blobTrouble()).toEqual([]);
    const incoming = join(server.dataDir, 'blobs', 'payloads', 'incoming');
    rmSync(incoming, { recursive: true, force: true });
    writeFileSync(incoming, 'in the way');
    expect((await run('health')).body.status).toBe('critical');
    expect(await blobTrouble()).toMatchObject([{ state: 'firing', severity: 'critical' }]);
    rmSync(incoming);
    mkdirSync(incoming);
    await run('health');
    expect(await blobTrouble()).toMatchObject([{ state: 'resolved' }]);
  });

  it('counts refused sign-ins and lowers the security score', async () => {
    const before = (await run('security')).body.measures;
    const credentials = { name: 'nobody', password: 'wrong password here' };
    for (let i = 0; i < 4; i++) await call(server.url, 'POST', '/api/login', credentials);
    const after = (await run('security')).body.measures;
    expect(after.login_refused - before.login_refused).toBe(4);
    expect(after.security_score).toBeLessThan(before.security_score);
  });

  it('counts refused wallets, replayed nonces and worthless links, too', async () => {
    const before = (await run('security')).body.measures;
    const wallet = Wallet.createRandom();
    const message = async () => {
      const { body } = await call<{ message: string }>(server.url, 'POST', '/auth/wallet/nonce', {
        address: wallet.address,
      });
      return body.message;
    };
    const codes: string[] = [];
    const verify = async (text: string, by: Pick<Wallet, 'signMessage'>) => {
      const proof = { message: text, signature: await by.signMessage(text) };
      codes.push((await call<{ code: string }>(server.url, 'POST', '/auth/wallet/verify', proof)).body.code);
    };
    const asked = await message();
    await verify(asked, Wallet.createRandom());
    await verify(asked, wallet);
    await verify((await message()).replace(/^\S+/, 'evil.example'), wallet);
    const link = { token: 'x'.repeat(43), password: 'a long password' };
    codes.push((await call<{ code: string }>(server.url, 'POST', '/api/password', link)).body.code);
    expect(codes).toEqual([
      ...['WALLET_SIGNATURE_INVALID', 'WALLET_NONCE_INVALID', 'WALLET_MESSAGE_FOREIGN'],
      'PASSWORD_LINK_INVALID',
    ]);
    const after = (await run('security')).body.measures;
    expect(after.login_refused - before.login_refused).toBe(3);
    expect(after.token_invalid - before.token_invalid).toBe(1);
  });

  it('makes one alert of trouble that is seen twice, and resolves it by nobody but time', async () => {
    const credentials = { name: 'somebody', password: 'wrong password here' };
    // Ten that were slowed down are trouble, however many pass in between because this takes a while.
    for (let slowed = 0; slowed < 10;)
      if ((await call(server.url, 'POST', '/api/login', credentials)).status === 429) slowed += 1;
    expect((await run('security')).body.status).toBe('warning');
    await run('security');
    const found = (await alerts()).filter(({ fingerprint }) =>
      fingerprint.startsWith('security.login_throttled@'),
    );
    expect(found).toMatchObject([{ state: 'firing', severity: 'warning', occurrences: 2 }]);
    const { status, body } = await acknowledge(found[0].alert_id);
    expect([status, body.state]).toEqual([200, 'acknowledged']);
  });

  it('makes an alert of what tasks tell of, which acknowledging ends', async () => {
    replaceFile(join(policies, 'broken.yaml'), 'version: 1\nrules: nothing\n');
    const isIt = ({ fingerprint }: AlertDocument) => fingerprint.startsWith('tasks.POLICY_BROKEN@');
    const [alert] = await answerOnce(
      async () => (await alerts()).filter(isIt),
      (list) => list.length > 0,
    );
    expect(alert).toMatchObject({ state: 'firing', severity: 'critical' });
    expect((await acknowledge(alert.alert_id)).body.state).toBe('resolved');
    expect((await acknowledge(alert.alert_id)).body.code).toBe('ALERT_RESOLVED');
    expect((await acknowledge(`alert_${'0'.repeat(32)}`)).body.code).toBe('ALERT_NOT_FOUND');
  });

  it('judges what is asked about alerts by what became of them and what its agents see', async () => {
    const measured = async (action: string, parameters: object) => {
      const question = { type: 'monitoring', action, parameters, reason: 'it may', dry_run: true };
      const { body } = await call<{
        confidence: { model: string; contributions: { feature: string; value: number; known: boolean }[] };
      }>(server.url, 'POST', '/api/autonomous/decision', question);
      const { model, contributions } = body.confidence;
      expect(model).toBe('monitoring/2');
      return Object.fromEntries(
        contributions.map(({ feature, value, known }) => [feature, known ? value : 'unknown']),
      );
    };
    const share = expect.closeTo(1 / 3, 9) as number;
    const between = expect.any(Number) as number;
    // One that somebody had to see to, and that did not come back.
    const silent = { fingerprint: 'tasks.POLICY_BROKEN', minutes: 60 };
    const judged = await measured('silence_alert', silent);
    expect(judged).toEqual({ evidence: share, agreement: between, flapping: 1 });
    const loud = { name: 'never', severity: 'warning', summary: 'something' };
    const others = 1 - Number(judged.agreement);
    expect(await measured('raise_alert', loud)).toEqual({
      ...{ evidence: 'unknown', agreement: expect.closeTo(others, 9) as number, flapping: 'unknown' },
    });
  });

  it('raises, silences and retunes alerts as a guardian orders, and takes it back', async () => {
    const order = async (action: string, parameters: object) =>
      (
        await call<{ decision_id: string; state: string; helped: boolean; code: string }>(
          ...([server.url, 'POST', '/api/guardian/override'] as const),
          { action, parameters, reason: 'as agreed' },
        )
      ).body;
    const found = async () => (await alerts()).find(({ fingerprint }) => fingerprint === 'by_hand.trial');
    const trial = { name: 'trial', severity: 'warning', summary: 'somebody tries this' };
    const nowhere = { fingerprint: 'by_hand.trial', minutes: 60 };
    expect((await order('silence_alert', nowhere)).code).toBe('ALERT_NOT_FOUND');
    expect((await order('raise_alert', { ...trial, severity: 'loud' })).code).toBe('PARAMETERS_INVALID');
    expect((await order('silence_alert', { ...nowhere, minutes: 0 })).code).toBe('PARAMETERS_INVALID');
    expect(await order('raise_alert', trial)).toMatchObject({ state: 'succeeded', helped: true });
    expect(await found()).toMatchObject({ state: 'firing', severity: 'warning', silenced_until: null });

    const silenced = await order('silence_alert', nowhere);
    expect(silenced).toMatchObject({ state: 'succeeded', helped: true });
    expect((await found())?.silenced_until).toBeGreaterThan(Date.now());
    const retuned = await order('retune_alert', { fingerprint: 'by_hand.trial', severity: 'info' });
    expect(retuned).toMatchObject({ state: 'succeeded', helped: true });
    await order('raise_alert', trial);
    expect(await found()).toMatchObject({ severity: 'info', occurrences: 2 });

    const undo = async ({ decision_id }: { decision_id: string }) => {
      const taken = { decision_id, outcome: 'undo', reason: 'as it was' };
      const undone = await call<{ state: string }>(server.url, 'POST', '/api/guardian/override', taken);
      expect(undone.body.state).toBe('undone');
    };
    // Taking back the one leaves the other.
    await undo(silenced);
    expect(await found()).toMatchObject({ silenced_until: null });
    await order('raise_alert', trial);
    expect(await found()).toMatchObject({ severity: 'info' });
    await undo(retuned);
    await order('raise_alert', trial);
    expect(await found()).toMatchObject({ severity: 'warning' });
  });

  it('is held to its records by fsck', async () => {
    const env = { DATA_DIR: server.dataDir, DATABASE_URL: String(server.databaseUrl), PORT: '0' };
    expect((await runCommand(['fsck', '--json'], env)).code).toBe(0);
    const client = new Client({ connectionString: server.databaseUrl ?? '' });
    await client.connect();
    await client.query(`UPDATE alerts SET state = 'resolved' WHERE state = 'acknowledged'`);
    await client.query(`DELETE FROM monitoring_records WHERE position = 1`);
    await client.end();
    const altered = await runCommand(['fsck', '--json'], env);
    expect(altered.code).toBe(1);
    expect(altered.stdout).toContain('MONITORING_STATE_ALTERED');
    expect(altered.stdout).toContain('MONITORING_RECORD_MISSING');
  });
});
