import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { drawExamples } from '../../src/learning/evaluation/example-source.js';
import type { SealedEvidence } from '../../src/learning/sealed/sealed-evidence.js';
import type { Verdict } from '../../src/learning/verdict/verdict.js';
import { damagedGenesis, NOISE, repairedExpert } from '../support/damaged-genesis.js';
import {
  holdRows,
  PATIENCE_MS,
  runCommand,
  startServer,
  temporaryFolder,
  type TestServer,
} from '../support/index.js';
import { Submitter, type Body } from '../support/submissions.js';
import { call } from '../support/tasks.js';

const MODEL = 'fable';
const DRAWS = 24;
const NAMES = ['arithmetic', 'extraction', 'logic'];
const MEASURING_MS = 2 * PATIENCE_MS;

interface ShownSet {
  readonly commitment: { readonly root: string; readonly domains: Readonly<Record<string, number>> };
  readonly left: Readonly<Record<string, number>>;
}

describe('a model that has no generators', () => {
  let server: TestServer;
  let env: Record<string, string>;
  let contributor: Submitter;
  let folder: string;
  let set: ShownSet;

  beforeAll(async () => {
    server = await startServer({ env: { IMPORT_GENESIS: 'false' }, until: 'listening' });
    env = { DATA_DIR: server.dataDir, DATABASE_URL: String(server.databaseUrl), PORT: '0' };
    expect((await runCommand(['import', damagedGenesis(), '--name', MODEL], env)).code).toBe(0);
    contributor = new Submitter(server.url, MODEL);
    folder = temporaryFolder('sealed');
  });
  afterAll(() => server?.stop());

  async function stemma<T>(...args: readonly string[]): Promise<{ code: number | null; answer: T }> {
    const { code, stdout, stderr } = await runCommand(['--json', ...args], env);
    if (stdout === '') throw new Error(stderr);
    return { code, answer: JSON.parse(stdout) as T };
  }

  async function sets(): Promise<ShownSet[]> {
    return (await contributor.get<{ items: ShownSet[] }>(`/api/learning/sealed-sets?model=${MODEL}`)).items;
  }

  const drawnOf = ({ drawn }: SealedEvidence['verdict']['examples']) => Object.values(drawn).flat();

  it('is not judged before somebody has sealed something to judge it by', async () => {
    const { status, body } = await contributor.submit(await contributor.prepare());
    expect([status, body.code]).toEqual([409, 'SEALED_SET_MISSING']);
    const removal = { model: MODEL, experts: ['layer0.expert0'], reason: 'a test' };
    const asked = await call<Body>(server.url, 'POST', '/experts/opt-out', removal);
    expect([asked.status, asked.body.code]).toEqual([409, 'SEALED_SET_MISSING']);
  });

  it('has a sealed set made of documents, which are in one file for the server alone', async () => {
    const data = join(folder, 'documents.jsonl');
    const documents = drawExamples('documents', Object.fromEntries(NAMES.map((name) => [name, 120])));
    const lines = [...documents].flatMap(([domain, contents]) =>
      contents.map((content) => {
        if (content.form !== 'completion') throw new Error(content.form);
        return JSON.stringify({ domain, prompt: content.prompt, completion: content.completion });
      }),
    );
    writeFileSync(data, `${lines.join('\n')}\n`);
    const create = (...more: string[]) =>
      stemma<Body>('sealed', 'create', '--model', MODEL, '--data', data, '--draws', String(DRAWS), ...more);
    const wrong = await create('--domain', 'other');
    expect(wrong).toMatchObject({
      code: 1,
      answer: { error: { code: 'SEALED_SET_DOMAIN', facts: { line: 1 } } },
    });
    const made = await create(...NAMES.flatMap((name) => ['--domain', name]));
    expect(made).toMatchObject({ code: 0, answer: { model: MODEL, draws: DRAWS } });
    const files = join(server.dataDir, 'sealed');
    expect(readdirSync(files)).toEqual([`${String(made.answer.root)}.jsonl`]);
    expect(statSync(String(made.answer.file)).mode & 0o777).toBe(0o600);
    [set] = await sets();
    expect(set.commitment.root).toBe(made.answer.root);
    expect(set.left).toEqual(set.commitment.domains);
    expect(Math.min(...Object.values(set.left))).toBeGreaterThan(3 * DRAWS);
    const anybody = await call<Body>(server.url, 'POST', '/api/learning/sealed-sets', {
      commitment: { version: 1 },
    });
    expect([anybody.status, anybody.body.code]).toEqual([422, 'SEALED_SET_FORM']);
    expect(await create('--draws', '8', '--model', 'nobody')).toMatchObject({ code: 1 });
    expect(readdirSync(files)).toHaveLength(1);
  });

  it('has what it was judged by opened after the verdict, and every forgery of it found out', async () => {
    const parts = await contributor.prepare();
    const held = await holdRows(server, 'learning_submissions', `NEW.state IN ('accepted', 'rejected')`);
    const { body } = await contributor.submit(parts);
    const id = String(body.submission_id);
    const path = `/api/learning/sealed-sets/evidence/${id}`;
    const early = await call<Body>(server.url, 'GET', path);
    await held.release();
    expect([early.status, early.body.code]).toEqual([409, 'SEALED_NOT_OPENED']);
    const accepted = await contributor.reaches(id, 'accepted');
    const { examples } = accepted.verdict as unknown as Verdict;
    expect(examples).toMatchObject({ source: 'sealed', set: set.commitment.root, skipped: [] });
    const evidence = await contributor.get<SealedEvidence>(path);
    expect(await contributor.get(`/chain/D/blocks/${String(accepted.verdict_block)}/payload`)).toEqual(
      evidence.verdict,
    );
    expect(evidence.examples.map(({ index }) => index).sort()).toEqual(
      drawnOf(evidence.verdict.examples).sort(),
    );
    const [{ left }] = await sets();
    for (const name of NAMES)
      expect(set.left[name] - left[name]).toBe(evidence.verdict.examples.drawn[name].length);

    const [out, lines] = ['evidence.json', 'examples.jsonl'].map((name) => join(folder, name));
    const verified = await stemma('sealed', 'verify', id, '--out', out, '--examples', lines);
    expect(verified).toMatchObject({ code: 0, answer: { subject: id, agrees: true } });
    const checks = (verified.answer as { findings: { part: string }[] }).findings.map(({ part }) => part);
    expect(checks.slice(-3)).toEqual(['log', 'verdict', 'draws']);
    expect(await stemma('sealed', 'verify', out)).toMatchObject({ code: 0, answer: { agrees: true } });
    expect(readFileSync(lines, 'utf8').split('\n')).toHaveLength(evidence.examples.length + 1);
    const text = readFileSync(out, 'utf8');
    const forged = join(folder, 'forged.json');
    const [{ salt }] = evidence.examples;
    writeFileSync(forged, text.replace(salt, `${salt.slice(0, -1)}${salt.endsWith('0') ? '1' : '0'}`));
    const refused = await stemma<{ findings: { part: string; agrees: boolean }[] }>(
      'sealed',
      'verify',
      forged,
    );
    expect(refused.code).toBe(1);
    expect(refused.answer.findings.filter(({ agrees }) => !agrees).map(({ part }) => part)).toEqual([
      'opening',
    ]);
  });

  it('has its losses computed again by whoever wants to know', async () => {
    const { items } = await contributor.get<{ items: Body[] }>(`/learning/submissions?model=${MODEL}`);
    const id = String(items[0].submission_id);
    const again = await stemma<{ findings: Body[] }>('sealed', 'verify', id, '--losses');
    expect(again).toMatchObject({ code: 0, answer: { agrees: true } });
    expect(again.answer.findings.at(-1)).toMatchObject({ part: 'losses', agrees: true });
    const file = join(folder, 'evidence.json');
    const text = readFileSync(file, 'utf8');
    const forged = join(folder, 'other-figures.json');
    writeFileSync(forged, text.replace('"fall":0.', '"fall":0.9'));
    const refused = await stemma<{ findings: Body[] }>('sealed', 'verify', forged, '--losses');
    expect(refused.code).toBe(1);
    expect(refused.answer.findings.filter(({ agrees }) => agrees !== true).map(({ part }) => part)).toEqual([
      'verdict',
      'losses',
    ]);
  });

  it('is measured by others for whatever comes next, and what is rejected is shown, too', async () => {
    const before = await contributor.get<{ items: Body[] }>(`/learning/submissions?model=${MODEL}`);
    const first = String(before.items[0].submission_id);
    const { body } = await contributor.submit(await contributor.prepare(repairedExpert(NOISE)));
    const rejected = await contributor.reaches(String(body.submission_id), 'rejected');
    expect(['GAIN_TOO_SMALL', 'DOMAIN_WORSE']).toContain(rejected.code);
    const removal = { model: MODEL, experts: ['layer0.expert0'], reason: 'a test' };
    const { body: asked } = await call<Body>(server.url, 'POST', '/experts/opt-out', removal);
    await measured(String(asked.removal_id));
    const evidence = await Promise.all(
      [first, rejected.submission_id, String(asked.removal_id)].map((id) =>
        contributor.get<SealedEvidence>(`/api/learning/sealed-sets/evidence/${id}`),
      ),
    );
    const all = evidence.flatMap(({ verdict }) => drawnOf(verdict.examples));
    expect(new Set(all).size).toBe(all.length);
    for (const { subject } of evidence.slice(1))
      expect(await stemma('sealed', 'verify', subject)).toMatchObject({ code: 0, answer: { agrees: true } });
    const [, ofRejected, ofRemoval] = evidence.map(({ subject }) => subject);
    expect(await stemma('sealed', 'verify', ofRemoval, '--losses')).toMatchObject({ code: 0 });
    // Nobody has published its blocks.
    const unknown = await stemma<{ findings: Body[] }>('sealed', 'verify', ofRejected, '--losses');
    const detail = expect.stringContaining('could not be computed') as string;
    expect(unknown.answer.findings.at(-1)).toMatchObject({ part: 'losses', agrees: false, detail });
  });

  async function measured(id: string): Promise<void> {
    for (const end = performance.now() + MEASURING_MS; performance.now() < end; await delay(50)) {
      const { state, detail } = await contributor.get(`/experts/opt-out/${id}`);
      if (state === 'measured') return;
      if (state === 'failed' || state === 'superseded') throw new Error(String(detail));
    }
    throw new Error(`${id} was not measured`);
  }
});
