import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/installation.js';
import { api, importTwoReleases, liveVersion, type DecisionDocument } from '../support/autonomy.js';
import {
  replaceFile,
  runCommand,
  startServer,
  temporaryFolder,
  until,
  type TestServer,
} from '../support/index.js';
import { readCsv } from '../support/csv.js';
import { openCheckpoint, rootOfProof } from '../support/tasks.js';

const PROMOTE = {
  type: 'deployment',
  action: 'promote',
  parameters: { model: 'mixtral-a', version: '1.0.1' },
};

let server: TestServer;
let matrix: string;
const shipped = readFileSync(join(packageRoot(), 'config', 'decision-matrix.yaml'), 'utf8');

beforeAll(async () => {
  matrix = join(temporaryFolder('matrix'), 'matrix.yaml');
  writeFileSync(matrix, shipped);
  server = await startServer({
    env: { IMPORT_GENESIS: 'false', DECISION_MATRIX: matrix },
    until: 'listening',
  });
  await importTwoReleases(server);
});
afterAll(() => server?.stop());

const get = (path: string) => api(server, 'GET', path);
const post = (path: string, body: unknown) => api(server, 'POST', path, body);
const decide = async (body: object) =>
  (await post('/api/autonomous/decision', body)).body as unknown as DecisionDocument & { code?: string };
const decision = async (id: string) =>
  (await get(`/api/autonomous/decisions/${id}`)).body as unknown as Required<DecisionDocument>;
const rollBack = () => post('/api/guardian/rollback', { model: 'mixtral-a', reason: 'as it was' });

describe('from a request to a verified action', () => {
  it('says what would happen and why, and does nothing', async () => {
    const { body } = await post('/api/autonomous/decision', { ...PROMOTE, dry_run: true });
    expect(body).toMatchObject({
      ...{
        dry_run: true,
        state: 'waiting',
        outcome: 'escalate',
        release: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      confidence: { threshold: 0.8, contributions: expect.any(Array) },
      safety: { outcome: 'guardian' },
    });
    expect((await get('/api/autonomous/decisions')).body.items).toEqual([]);
    const sure = { evaluation_gain: 1, canary_success: 1, canary_latency: 0, provenance: 1, change: 0 };
    const forecast = await decide({ ...PROMOTE, dry_run: true, features: sure });
    expect(forecast.confidence.raw).toBeGreaterThan(0.9);
    expect(forecast).toMatchObject({ state: 'waiting' });
    expect((await decide({ ...PROMOTE, features: sure })).code).toBe('FEATURES_MEASURED');
  });

  it('asks a guardian, whose approval makes it happen; a second answer changes nothing', async () => {
    const asked = await decide({ ...PROMOTE, idempotency_key: 'first', reason: 'better on paper' });
    expect(asked).toMatchObject({ state: 'waiting', automatic: false });
    expect(await liveVersion(server)).toBe('1.0.0');
    const same = { ...PROMOTE, idempotency_key: 'first', reason: 'better on paper' };
    expect((await decide(same)).decision_id).toBe(asked.decision_id);
    for (const other of [{ emergency: true }, { reason: 'another one' }, { reason: undefined }])
      expect(await post('/api/autonomous/decision', { ...same, ...other })).toMatchObject({
        ...{ status: 409, body: { code: 'DECISION_KEY_REUSED' } },
      });
    const { items } = (await get('/api/guardian/escalations?state=open')).body as unknown as {
      items: { escalation_id: string; decision: DecisionDocument }[];
    };
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      if_nobody_answers: expect.stringContaining('no'),
      decision: { why: 'better on paper', undo: expect.any(String), evidence: { live_version: '1.0.0' } },
    });
    const path = `/api/guardian/escalations/${items[0].escalation_id}`;
    const answers = await Promise.all([
      post(`${path}/approve`, { reason: 'looks right' }),
      post(`${path}/reject`, { reason: 'looks wrong' }),
    ]);
    const won = answers.find(({ status }) => status === 200);
    expect(answers.filter(({ status }) => status === 409)).toMatchObject([
      { body: { code: 'ESCALATION_ANSWERED' } },
    ]);
    const approved = won?.body.state === 'succeeded';
    expect(won?.body.state).toBe(approved ? 'succeeded' : 'rejected');
    expect(await liveVersion(server)).toBe(approved ? '1.0.1' : '1.0.0');
    if (!approved)
      await post('/api/guardian/override', {
        decision_id: asked.decision_id,
        outcome: 'approve',
        reason: 'x',
      });
    expect(await decision(asked.decision_id)).toMatchObject({ state: 'succeeded', helped: true });
    expect(await liveVersion(server)).toBe('1.0.1');
  });

  it('does what a guardian made of the question, and nothing of what was asked', async () => {
    const canary = { ...PROMOTE, action: 'canary', parameters: { ...PROMOTE.parameters, share: 0.5 } };
    const asked = await decide(canary);
    const { escalation } = await decision(asked.decision_id);
    const path = `/api/guardian/escalations/${escalation?.escalation_id}`;
    const amended = { ...PROMOTE.parameters, share: 0.05 };
    const answer = (parameters: object) => post(`${path}/approve`, { reason: 'with care', parameters });
    expect((await answer({ ...amended, share: 7 })).body.code).toBe('PARAMETERS_INVALID');
    const reject = { reason: 'no', parameters: amended };
    expect((await post(`${path}/reject`, reject)).body.code).toBe('VALIDATION_FAILED');
    expect(await decision(asked.decision_id)).toMatchObject({ state: 'waiting' });
    expect(await answer(amended)).toMatchObject({ status: 200, body: { state: 'succeeded' } });
    expect(await decision(asked.decision_id)).toMatchObject({
      ...{ state: 'succeeded', parameters: amended },
      escalation: { amended, reason: 'with care' },
    });
    const { stages } = (await get('/api/guardian/dashboard')).body;
    expect(JSON.stringify(stages)).toContain('"share":0.05');
    expect(JSON.stringify(stages)).not.toContain('0.5');
    const withdraw = { action: 'withdraw', parameters: { model: 'mixtral-a' }, reason: 'enough' };
    expect((await post('/api/guardian/override', withdraw)).body.state).toBe('succeeded');
  });

  it('goes back by one command, and forward again by an override that can be undone', async () => {
    // Nobody has asked it anything: how much of the answers are this model's is not known.
    const forecast = { type: 'rollback', action: 'previous_release', parameters: { model: 'mixtral-a' } };
    expect(await decide({ ...forecast, dry_run: true })).toMatchObject({
      circumstances: { blast_radius: 1 },
      safety: { checks: [{ name: 'security_score' }] },
    });
    const words = ['--json', 'rollback', 'mixtral-a', '--reason', 'by command'];
    const { code, stdout } = await runCommand(words, { DATA_DIR: server.dataDir });
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { decisions: [{ state: 'succeeded' }] }]);
    expect(await liveVersion(server)).toBe('1.0.0');
    const [done] = (await get('/api/autonomous/decisions')).body.items as unknown as DecisionDocument[];
    expect(done).toMatchObject({ type: 'guardian_override', state: 'succeeded', reason: 'by command' });
    const order = { action: 'promote', parameters: PROMOTE.parameters, reason: 'after all' };
    const keyed = { ...order, idempotency_key: 'ordered' };
    const { body } = await post('/api/guardian/override', keyed);
    expect((await post('/api/guardian/override', keyed)).body.decision_id).toBe(body.decision_id);
    const reworded = await post('/api/guardian/override', { ...keyed, reason: 'or not' });
    expect(reworded).toMatchObject({ status: 409, body: { code: 'DECISION_KEY_REUSED' } });
    expect(body).toMatchObject({
      state: 'succeeded',
      grounds: expect.arrayContaining([expect.objectContaining({ code: 'OVERRIDE' })]),
    });
    expect(await liveVersion(server)).toBe('1.0.1');
    const undo = { decision_id: body.decision_id, outcome: 'undo', reason: 'no' };
    expect((await post('/api/guardian/override', undo)).body.state).toBe('undone');
    expect(await liveVersion(server)).toBe('1.0.0');
    expect((await post('/api/guardian/override', undo)).body.code).toBe('STATE_CONFLICT');
    expect((await post('/api/guardian/override', { reason: 'x' })).body.code).toBe('OVERRIDE_INCOMPLETE');
  });

  it('takes the owner’s own promotion as an order, in one call', async () => {
    const { status, body } = await post('/models/mixtral-a/releases/1.0.1/promote', undefined);
    expect([status, body]).toMatchObject([
      200,
      { live: true, moved: true, decision: { state: 'succeeded' } },
    ]);
    await rollBack();
  });

  it('lets a canary answer its share, and receipts name the release that did', async () => {
    const canary = { action: 'canary', parameters: { ...PROMOTE.parameters, share: 0.5 }, reason: 'try it' };
    expect((await post('/api/guardian/override', canary)).body.state).toBe('succeeded');
    const versions = new Map<string, number>();
    const answer = async (seed: number) => {
      const { body } = await post('/v1/completions', {
        model: 'mixtral-a',
        prompt: [1, 2, 3],
        max_tokens: 1,
        seed,
      });
      const receipt = (await get(`/v1/receipts/${String(body.receipt_id)}`)).body;
      return JSON.stringify(receipt);
    };
    const { items } = (await get('/models/mixtral-a/releases')).body as unknown as {
      items: { release: string; version: string }[];
    };
    for (let seed = 0; seed < 24; seed++) {
      const text = await answer(seed);
      const { version = '' } = items.find(({ release }) => text.includes(release)) ?? {};
      versions.set(version, (versions.get(version) ?? 0) + 1);
    }
    expect([...versions.keys()].toSorted()).toEqual(['1.0.0', '1.0.1']);
    const releaseOf = async (seed: number) => {
      const text = await answer(seed);
      return items.find(({ release }) => text.includes(release))?.version;
    };
    expect(await releaseOf(3)).toBe(await releaseOf(3));
    const { evidence } = (await post('/api/autonomous/decision', { ...PROMOTE, dry_run: true })).body as {
      evidence: { answers: number };
    };
    expect(evidence.answers).toBeGreaterThanOrEqual(versions.get('1.0.1') ?? Infinity);
    const shadow = { action: 'shadow', parameters: { ...PROMOTE.parameters, share: 1 }, reason: 'unseen' };
    expect((await post('/api/guardian/override', shadow)).body.state).toBe('succeeded');
    // It is judged by what it does as a shadow, not by what it did as a canary.
    await answer(100);
    await until('the shadow has followed', async () => {
      const forecast = (await post('/api/autonomous/decision', { ...PROMOTE, dry_run: true })).body;
      return (forecast.evidence as { answers: number }).answers > 0;
    });
    const withdraw = { action: 'withdraw', parameters: { model: 'mixtral-a' }, reason: 'enough' };
    expect((await post('/api/guardian/override', withdraw)).body.state).toBe('succeeded');
    expect((await get('/api/guardian/dashboard')).body.stages).toEqual({});
  });

  it('resizes the engine, keeps the bits, and goes back', async () => {
    const ask = { model: 'mixtral-a@1.0.0', prompt: [5, 6, 7], max_tokens: 4, seed: 1, logprobs: 1 };
    const text = async () => {
      const [choice] = (await post('/v1/completions', ask)).body.choices as {
        text: string;
        logprobs: object;
      }[];
      return JSON.stringify([choice.text, choice.logprobs]);
    };
    const before = await text();
    const smaller = {
      type: 'scaling',
      action: 'scale_down',
      parameters: { threads: 1, expert_cache_mb: 64 },
    };
    const tooMuch = { threads: 1, streams: 4 };
    const first = await decide({ ...smaller, parameters: tooMuch, dry_run: true });
    expect(first.grounds.map(({ code }) => code)).toContain('BLAST_RADIUS');
    const order = { action: 'scale_down', parameters: smaller.parameters, reason: 'less' };
    expect((await post('/api/guardian/override', order)).body).toMatchObject({
      state: 'succeeded',
      helped: true,
    });
    const { engine } = (await get('/api/guardian/dashboard')).body as { engine: { size: object } };
    expect(engine.size).toMatchObject({ threads: 1, expertCacheMb: 64 });
    expect(await text()).toBe(before);
    const up = { action: 'scale_down', parameters: { threads: 2 }, reason: 'wrong way' };
    expect((await post('/api/guardian/override', up)).body.code).toBe('SCALING_IMPOSSIBLE');
    const beyondMemory = { action: 'scale_up', parameters: { expert_cache_mb: 8192 }, reason: 'much more' };
    expect((await post('/api/guardian/override', beyondMemory)).body).toMatchObject({
      code: 'SCALING_IMPOSSIBLE',
      detail: expect.stringContaining('allowed is 3840 together') as string,
    });
    const beyondEngine = { action: 'scale_up', parameters: { streams: 64 }, reason: 'many more' };
    expect((await post('/api/guardian/override', beyondEngine)).body).toMatchObject({
      code: 'SCALING_IMPOSSIBLE',
      detail: expect.stringContaining('at most 32 answers at once') as string,
    });
    expect((await post('/api/guardian/rollback', { model: 'mixtral-a', reason: 'back' })).body).toMatchObject(
      {
        decisions: expect.arrayContaining([
          expect.objectContaining({ action: 'previous_settings', state: 'succeeded' }),
        ]),
      },
    );
    expect((await get('/api/guardian/dashboard')).body).toMatchObject({ engine: { size: { threads: 2 } } });
    expect(await text()).toBe(before);
  });
});

describe('limits that people set', () => {
  it('reads the matrix anew; a broken one changes nothing and raises an alert', async () => {
    const hash = async () => ((await get('/api/guardian/dashboard')).body.matrix as { hash: string }).hash;
    const before = await hash();
    replaceFile(matrix, shipped.replace('threshold: 0.8\n', 'threshold: 8\n'));
    await until('the problem is told', async () => {
      const { matrix: state } = (await get('/api/guardian/dashboard')).body as {
        matrix: { problem: unknown };
      };
      return state.problem !== null;
    });
    expect(await hash()).toBe(before);
    const alertsOfIt = async () =>
      ((await get('/api/monitoring/alerts')).body.items as { fingerprint: string }[]).filter(
        ({ fingerprint }) => fingerprint.startsWith('tasks.MATRIX_BROKEN'),
      );
    await until('the alert is there', async () => (await alertsOfIt()).length > 0);
    expect(await alertsOfIt()).toMatchObject([
      { severity: 'critical', summary: expect.stringContaining('the old one stays in force') },
    ]);
    replaceFile(matrix, shipped.replace('shadow: false', 'shadow: true'));
    await until('the new one is in force', async () => (await hash()) !== before);
    const recorded = await decide({ ...PROMOTE });
    expect(recorded).toMatchObject({
      state: 'recorded',
      grounds: expect.arrayContaining([expect.objectContaining({ code: 'SHADOW' })]),
    });
    replaceFile(matrix, shipped);
    await until('the old one is back', async () => (await hash()) === before);
  });

  it('tunes thresholds on record, and checks against them', async () => {
    const validate = async (body: object) => (await post('/api/guardian/monitor/validate', body)).body;
    const ether = `${'0'.repeat(18)}`;
    expect(await validate({ amount: `1001${ether}` })).toMatchObject({
      outcome: 'guardian',
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'transaction_amount', outcome: 'guardian' }),
      ]),
    });
    const put = (body: object) => api(server, 'PUT', '/api/guardian/monitor/config', body);
    expect((await put({ transaction_amount: 2000, reason: 'larger' })).body).toMatchObject({
      thresholds: { transaction_amount: 2000, bias: 0.15 },
    });
    expect(await validate({ amount: `1001${ether}` })).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'transaction_amount', outcome: 'passed' }),
      ]),
    });
    expect((await put({ security_blocked: 0.9, reason: 'x' })).body.code).toBe('THRESHOLD_INVALID');
    expect(await validate({ model: 'mixtral-a', version: '1.0.1' })).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'ethical_bias', value: null, outcome: 'guardian' }),
      ]),
    });
  });

  it('takes no answer for a no', async () => {
    replaceFile(matrix, shipped.replace('answer_within_s: 3600', 'answer_within_s: 10'));
    await until('the short one is in force', async () => {
      const types = (await get('/api/autonomous/metrics')).body.types as {
        type: string;
        rules: { answer_within_s: number };
      }[];
      return types.find(({ type }) => type === 'deployment')?.rules.answer_within_s === 10;
    });
    const asked = await decide(PROMOTE);
    const { escalation } = await decision(asked.decision_id);
    await until('it has expired', async () => (await decision(asked.decision_id)).state === 'expired');
    const late = await post(`/api/guardian/escalations/${escalation?.escalation_id}/approve`, {
      reason: 'late',
    });
    expect(late).toMatchObject({ status: 409, body: { code: 'ESCALATION_ANSWERED' } });
    expect(await liveVersion(server)).toBe('1.0.0');
    replaceFile(matrix, shipped);
  });
});

describe('the emergency stop', () => {
  it('holds what is automatic, leaves inference alone unless asked, and ends only by a person', async () => {
    const stopped = await post('/api/guardian/emergency-stop', { reason: 'fire' });
    expect(stopped.body).toMatchObject({ stopped: true, inference: false, by: 'local', reason: 'fire' });
    const held = await decide(PROMOTE);
    expect(held).toMatchObject({
      state: 'held',
      grounds: expect.arrayContaining([expect.objectContaining({ code: 'STOPPED' })]),
    });
    const undo = { decision_id: held.decision_id, outcome: 'undo', reason: 'nothing to take back' };
    expect(await post('/api/guardian/override', undo)).toMatchObject({
      ...{ status: 409, body: { code: 'DECISION_NOT_UNDOABLE' } },
    });
    expect((await decision(held.decision_id)).state).toBe('held');
    const ask = { model: 'mixtral-a', prompt: [1, 2], max_tokens: 1 };
    expect((await post('/v1/completions', ask)).status).toBe(200);
    await post('/api/guardian/emergency-stop', { reason: 'smoke', inference: true });
    expect(await post('/v1/completions', ask)).toMatchObject({
      status: 503,
      body: { code: 'INFERENCE_STOPPED' },
    });
    expect((await get('/api/guardian/state')).body).toMatchObject({ stopped: true, inference: true });
    await post('/api/guardian/resume', { reason: 'out' });
    expect((await post('/v1/completions', ask)).status).toBe(200);
  });

  it('works by command line and by signal file', async () => {
    const env = { DATA_DIR: server.dataDir };
    const isSoon = async (stopped: boolean) => {
      const state = async () => (await get('/api/guardian/state')).body.stopped;
      await until(`stopped is ${stopped}`, async () => (await state()) === stopped);
    };
    expect((await runCommand(['stop-autonomy', '--reason', 'by hand'], env)).code).toBe(0);
    await isSoon(true);
    expect((await runCommand(['resume', '--reason', 'fine'], env)).code).toBe(0);
    await isSoon(false);
    writeFileSync(join(server.dataDir, 'STOP'), 'a file says so');
    await isSoon(true);
    await post('/api/guardian/resume', { reason: 'fine' });
    expect((await get('/api/guardian/state')).body).toMatchObject({ stopped: false });
  });
});

describe('the audit', () => {
  const untilProved = () =>
    until('every record is proved', async () => {
      const { items } = (await get('/api/guardian/audit?limit=1000')).body as { items: { proof: unknown }[] };
      return items.length > 20 && items.every(({ proof }) => proof !== null);
    });

  it('exports lines and CSV whose proofs check out by the RFC', async () => {
    await untilProved();
    const text = await (await fetch(`${server.url}/api/guardian/audit?format=jsonl&limit=1000`)).text();
    const [signed, ...records] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, never>);
    const root = String(signed.checkpoint).split('\n')[2];
    for (const { leaf, txid, proof } of records as unknown as {
      leaf: string;
      txid: number;
      proof: { tree_size: number; hashes: string[] };
    }[])
      expect(rootOfProof(leaf, txid, proof.tree_size, proof.hashes)).toBe(root);
    const csv = await fetch(`${server.url}/api/guardian/audit?format=csv&limit=5`);
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(csv.headers.get('next-cursor')).toMatch(/^\d+$/);
    expect((await csv.text()).split('\r\n')[0]).toContain('txid,at,event,actor');
  });

  it('proves each line of the CSV with nothing but the line', async () => {
    await untilProved();
    const text = await (await fetch(`${server.url}/api/guardian/audit?format=csv&limit=1000`)).text();
    const lines = readCsv(text);
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) {
      const { size, root } = openCheckpoint(line.checkpoint, line.log_key);
      const path = line.proof.split(' ').filter((hash) => hash !== '');
      expect(size).toBe(Number(line.tree_size));
      expect(rootOfProof(line.leaf, Number(line.txid), size, path)).toBe(root);
      expect(createHash('sha256').update(line.record).digest('hex')).toBe(line.hash);
      expect(JSON.parse(line.leaf)).toMatchObject({ kind: 'guardian.audit', hash: line.hash });
      const { event, actor, decision, facts } = JSON.parse(line.record) as Record<string, unknown>;
      expect([line.event, line.actor, line.decision]).toEqual([event, actor, decision ?? '']);
      expect(JSON.parse(line.facts)).toEqual(facts);
    }
  });

  it('is what fsck compares decisions with', async () => {
    const { code, stdout } = await runCommand(['--json', 'fsck'], { DATA_DIR: server.dataDir });
    expect([code, stdout]).toEqual([0, expect.any(String)]);
  });
});
