import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashJson, hexToBytes, verifyInclusion, type Json } from '../../src/common/index.js';
import { drawExamples, drawMore } from '../../src/learning/evaluation/example-source.js';
import type { Verdict } from '../../src/learning/verdict/verdict.js';
import { verifySolvency } from '../../src/rewards/solvency/solvency-proof.js';
import { DAMAGED_EXPERT, NOISE, repairedExpert, type WeightChange } from '../support/damaged-genesis.js';
import { startDamagedServer } from '../support/damaged-server.js';
import { holdRows, runCommand, startServer, temporaryFolder, type TestServer } from '../support/index.js';
import { epochWith, quickEpochs, recompute, type ShownEpoch } from '../support/rewards.js';
import { Submitter, type Body, type Submission } from '../support/submissions.js';
import { call } from '../support/tasks.js';

describe('proof of learning', () => {
  let server: TestServer;
  let env: Record<string, string>;
  let contributor: Submitter;
  /** The epoch of an answer. */
  let used: ShownEpoch;
  const sameAs = ({ epoch, hash }: ShownEpoch) => ({ code: 0, epoch, published: hash, computed: hash });

  beforeAll(async () => {
    // What is accepted is paid here though nothing of its training is shown: this server audits none.
    ({ server, env } = await startDamagedServer({ LEARNING_AUDIT_UPDATES: '0' }));
    contributor = new Submitter(server.url);
  });
  afterAll(() => server.stop());

  it.each<[string, WeightChange, string[]]>([
    ['have learnt nothing', NOISE, ['GAIN_TOO_SMALL', 'DOMAIN_WORSE', 'PROBE_WORSE']],
    ['have grown a hundredfold', (value) => value * 100, ['WEIGHTS_OUT_OF_SHAPE']],
  ])('rejects weights that %s', async (_, change, codes) => {
    const { status, body } = await contributor.submit(await contributor.prepare(repairedExpert(change)));
    expect([status, body]).toEqual([202, expect.objectContaining({ state: 'received' })]);
    const ended = await contributor.reaches(String(body.submission_id), 'rejected');
    expect(codes).toContain(ended.code);
    expect(ended.verdict_block).toBeNull();
  });

  it('refuses what is not a submission, at once and with a reason', async () => {
    const good = await contributor.prepare();
    const code = async (changes: Body) => (await contributor.submit(good, changes)).body.code;
    const statement = (changes: Body) => ({ statement: { ...good.statement, ...changes } as Body });
    expect(await code({ signature: 'ab'.repeat(64) })).toBe('SUBMISSION_SIGNATURE');
    expect(await code(statement({ blocks: ['ab'.repeat(32)] }))).toBe('SUBMISSION_SIGNATURE');
    expect(await code(statement({ author: 'nobody' }))).toBe('SUBMISSION_STATEMENT');
    expect(await code(statement({ more: 1 }))).toBe('SUBMISSION_STATEMENT');
    expect(await code({ manifest: { ...good.manifest, steps: [{}] } })).toBe('SUBMISSION_MANIFEST');
    expect(await code({ manifest: { ...good.manifest, end: 'other' } })).toBe('SUBMISSION_MANIFEST');
    expect(await code({ upload_id: 'ab'.repeat(16) })).toBe('UPLOAD_UNKNOWN');
    expect(await code({ more: 1 })).toBe('VALIDATION_FAILED');
    const { items } = await contributor.get('/models/genesis/releases');
    const noDataset = await contributor.prepare(undefined, [String((items as Body[])[0].release)]);
    expect((await contributor.submit(noDataset)).body.code).toBe('SUBMISSION_DATASET');
    const broken = repairedExpert();
    new DataView(broken.payload.buffer).setUint32(128, 0x7fc00000, true);
    const { body } = await contributor.submit(await contributor.prepare(broken));
    expect(body).toMatchObject({ code: 'BLOCK_RULES_WEIGHTS' });
    const missing = await call(server.url, 'GET', `/learning/submissions/submission_${'0'.repeat(32)}`);
    expect(missing).toMatchObject({ status: 404, body: { code: 'SUBMISSION_NOT_FOUND' } });
  });

  it('judges a repaired expert by a beacon, survives a kill meanwhile, and releases it when a guardian agrees, another one of it waiting', async () => {
    const candidates = [
      await contributor.prepare(),
      await contributor.prepare(repairedExpert((value) => value * 1.001)),
    ];
    const held = await holdRows(server, 'learning_submissions', `NEW.state IN ('accepted', 'rejected')`);
    const ids: string[] = [];
    for (const parts of candidates) {
      const { status, body } = await contributor.submit(parts);
      expect(status).toBe(202);
      ids.push(String(body.submission_id));
    }
    // Neither is accepted yet, so both are compared with what is live.
    for (const each of ids) await contributor.reaches(each, 'evaluating');
    await server.stop('SIGKILL');
    await held.release();
    const { dataDir, databaseUrl } = server;
    const own = { IMPORT_GENESIS: 'false', LEARNING_AUDIT_UPDATES: '0', REWARDS_FILE: quickEpochs() };
    server = await startServer({ dataDir, database: String(databaseUrl), env: own });
    contributor.url = server.url;
    const reached = await Promise.all(
      ids.map((each) => contributor.reaches(each, 'accepted', 'waiting_decision')),
    );
    const accepted = reached.find(({ state }) => state === 'accepted')!;
    const id = accepted.submission_id;
    const second = ids.find((each) => each !== id)!;
    const parts = candidates[ids.indexOf(id)];
    const again = await contributor.submit(parts);
    expect([again.status, again.body.submission_id]).toEqual([200, id]);
    await checkVerdict(id);
    const waiting = await contributor.reaches(second, 'waiting_decision');
    expect(waiting).toMatchObject({ code: 'EXPERT_UNDECIDED', overall: null });
    expect(waiting.detail).toContain(id);

    const late = await contributor.prepare(
      repairedExpert((value, place) => (place % 7 === 0 ? value * 1.2 : value)),
    );
    const path = `/api/guardian/escalations/${await contributor.question()}/approve`;
    expect((await call(server.url, 'POST', path, { reason: 'it is better' })).status).toBe(200);
    const released = await contributor.reaches(id, 'released');
    expect(released.version).toBe('1.0.1');
    expect(released.blocks).toEqual(accepted.blocks);
    expect(await contributor.reaches(second, 'rejected')).toMatchObject({ code: 'SUBMISSION_OUTDATED' });
    const { items: models } = await contributor.get('/models');
    expect((models as Body[])[0].live).toMatchObject({ release: released.release });
    const { status, body } = await contributor.submit(late);
    expect([status, body.code]).toEqual([409, 'SUBMISSION_OUTDATED']);

    const { items: leaders } = await contributor.get('/learning/leaderboard');
    const figures = { accepted: 1, released: 1, rejected: 2, trust: 'new' };
    expect(leaders).toEqual([expect.objectContaining(figures)]);
    const report = await runCommand(['fsck', '--json'], env);
    expect([report.code, report.stdout]).toEqual([0, expect.stringContaining('"clean":true')]);
  });

  /** Recomputes what anybody can: the beacon from the log, the examples from the beacon, the verdict from its block. */
  async function checkVerdict(id: string): Promise<void> {
    const found = await contributor.get<Submission>(`/learning/submissions/${id}`);
    const verdict = found.verdict as unknown as Verdict;
    const { root, size, nonce_index: nonce, submission_index: at } = verdict.beacon;
    expect(await contributor.get(`/chain/D/blocks/${String(found.verdict_block)}/payload`)).toEqual(verdict);
    expect([verdict.accepted, nonce > at, size]).toEqual([true, true, nonce + 1]);
    expect(verdict.rewarded).toEqual({ fall: verdict.figures.overall.fall, before: 0 });
    const proof = `/log/proof/inclusion?index=${nonce}&size=${size}`;
    const { leaf_hash: leaf, path } = await contributor.get<{ leaf_hash: string; path: string[] }>(proof);
    const [hash, expected] = [leaf, root].map(hexToBytes);
    expect(verifyInclusion(hash, nonce, size, path.map(hexToBytes), expected)).toBe(true);
    expect(hashJson(examplesOf(root, verdict) as unknown as Json)).toBe(verdict.examples.hash);
    const { items } = await contributor.get('/learning/beacons');
    expect(items).toContainEqual(expect.objectContaining({ submission_id: id, ...verdict.beacon }));
  }

  it('is paid for, which anybody works out again to the unit, and use is not as long as nobody pays for it', async () => {
    const { items } = await contributor.get('/learning/submissions?state=released');
    const [{ verdict_block: block, author, overall }] = items as Submission[];
    const account = `key:${String(author)}`;
    const paid = await epochWith(server.url, ({ verdicts }) => verdicts > 0);
    // 20,000 BLY for a percent are 2 for a millionth.
    const learning = BigInt(Math.floor(Number((overall as Body).fall) * 1e6)) * 2_000_000_000n;
    expect(paid.record.earned).toEqual([
      { account, kind: 'learning', amount: String(learning), reference: block },
      expect.objectContaining({ account, kind: 'catalyst', reference: block }),
    ]);
    const { totals } = paid.record;
    expect(paid.record.paid).toEqual([{ account, amount: totals.earned }]);
    expect(await contributor.get(`/rewards/balance/${account}`)).toMatchObject({ balance: totals.paid });
    const proof = await contributor.get(`/rewards/solvency/${account}`);
    const { root } = await contributor.get('/rewards/solvency');
    expect(verifySolvency(proof)).toMatchObject({ ok: true, value: { balance: totals.paid, root } });

    const messages = [{ role: 'user', content: '1+1=' }];
    const asked = { model: 'genesis', messages, max_tokens: 4 };
    expect((await call(server.url, 'POST', '/v1/chat/completions', asked)).status).toBe(200);
    used = await epochWith(server.url, ({ answers }) => answers > 0);
    expect(used.record).toMatchObject({ input: { answers: 1 }, earned: [], paid: [] });
    for (const epoch of [paid, used])
      for (const options of [[], ['--server', server.url]])
        expect(await recompute(env, epoch.epoch, ...options)).toMatchObject(sameAs(epoch));
    const unknown = { code: 1, error: { code: 'EPOCH_NOT_FOUND' } };
    expect(await recompute(env, 1_000_000)).toMatchObject(unknown);
  });

  it('pays for answers where these cost a fee, and is paid for their use less than the fee', async () => {
    const { dataDir, databaseUrl } = server;
    await server.stop();
    const own = { IMPORT_GENESIS: 'false', LEARNING_AUDIT_UPDATES: '0', REWARDS_FILE: quickEpochs('0.001') };
    server = await startServer({ dataDir, database: String(databaseUrl), env: own });
    contributor.url = server.url;
    const asked = { model: 'genesis', messages: [{ role: 'user', content: '1+1=' }], max_tokens: 4, seed: 1 };
    const ask = () => call<Body>(server.url, 'POST', '/v1/chat/completions', asked);
    const refused = await ask();
    expect([refused.status, refused.body.code]).toEqual([402, 'FEE_EXCEEDS_BALANCE']);

    const forged = await call(server.url, 'POST', '/rewards/deposits', {
      ...{ key: `02${'ab'.repeat(32)}`, amount: '5000000', nonce: 'ab'.repeat(16) },
      signature: 'ab'.repeat(64),
    });
    expect([forged.status, forged.body.code]).toEqual([422, 'DEPOSIT_SIGNATURE']);
    const tooMuch = await contributor.deposit('local', '9'.repeat(19));
    expect([tooMuch.status, tooMuch.body.code]).toEqual([409, 'DEPOSIT_EXCEEDS_BALANCE']);
    // What the command signs is as it should be; its own key has earned nothing.
    const command = await runCommand(['rewards', 'deposit', '1', '--json'], env);
    expect([command.code, command.stdout]).toEqual([1, expect.stringContaining('DEPOSIT_EXCEEDS_BALANCE')]);
    expect(await contributor.deposit('local', '2000000')).toMatchObject({
      ...{ status: 200, body: { account: 'account:local', amount: '2000000' } },
    });

    const { status, body } = await ask();
    expect(status).toBe(200);
    const { items } = await contributor.get('/rewards/statement/account:local');
    expect(items).toMatchObject([
      { kind: 'post', code: 'usage.fee', reference: body.receipt_id, amount: '1000000' },
      { kind: 'pending', code: 'usage.fee', amount: '1000000' },
      { code: 'account.deposit', amount: '2000000' },
    ]);
    expect(await contributor.get('/rewards/balance/account:local')).toMatchObject({ available: '1000000' });
    const paidFor = await epochWith(server.url, ({ answers }) => answers > 0, used.epoch + 1);
    const { earned, after } = paidFor.record;
    expect(earned).toEqual([
      expect.objectContaining({ kind: 'usage', account: expect.stringMatching(/^key:/) }),
    ]);
    expect(BigInt(earned[0].amount)).toBeLessThan(1_000_000n);
    expect(after).toMatchObject({ alpha: '950000', beta: '950000' });
    for (const options of [[], ['--server', server.url]])
      expect(await recompute(env, paidFor.epoch, ...options)).toMatchObject(sameAs(paidFor));
    const report = await runCommand(['fsck', '--json'], env);
    expect([report.code, report.stdout]).toEqual([0, expect.stringContaining('"clean":true')]);
  });

  it('is handed in by the command from the folder of a training', async () => {
    const folder = temporaryFolder('nothing');
    mkdirSync(folder, { recursive: true });
    const missing = await runCommand(['submit', folder, '--json'], env);
    expect([missing.code, missing.stdout]).toEqual([1, expect.stringContaining('SUBMISSION_FILES')]);
    const expert = repairedExpert((value) => value * 1.001);
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(await contributor.manifestOf(expert)));
    writeFileSync(join(folder, `${DAMAGED_EXPERT}.tensorblock`), expert.payload);
    const outdated = await runCommand(['submit', folder, '--minutes', '1', '--json'], env);
    expect([outdated.code, outdated.stdout]).toEqual([1, expect.stringContaining('SUBMISSION_OUTDATED')]);
  });

  it('is found to be paid rightly in the data folder alone', async () => {
    await server.stop();
    expect(await recompute(env, used.epoch)).toMatchObject(sameAs(used));
  });
});

/** The examples of a verdict, drawn again as docs/formats/verdict.md says. */
function examplesOf(root: string, { examples: { draws, more = {} } }: Verdict) {
  let drawn = drawExamples(root, draws);
  for (let round = 1; Object.values(more).some((rounds) => rounds >= round); round++) {
    const names = Object.keys(more).filter((name) => more[name] >= round);
    const fresh = drawMore(root, round, names, drawn, draws);
    drawn = new Map([...drawn].map(([name, list]) => [name, [...list, ...(fresh.get(name) ?? [])]]));
  }
  return Object.fromEntries(drawn);
}
