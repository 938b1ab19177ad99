import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestPayload } from '../../src/chain/block/index.js';
import { first, mixture } from '../../src/datasets/generators/index.js';
import { DAMAGED_EXPERT, repairedExpert } from '../support/damaged-genesis.js';
import { datasetAt, endVote, goodLines } from '../support/datasets.js';
import { startDamagedServer } from '../support/damaged-server.js';
import { runCommand, runTrainCommand, temporaryFolder, until, type TestServer } from '../support/index.js';
import { Submitter, type Submission } from '../support/submissions.js';

const UPDATES = 3;
const STEPS = 24;

interface ShownCheck {
  readonly name: string;
  readonly passed: boolean;
  readonly code: string | null;
  readonly detail: string;
}

interface Manifest {
  version: number;
  data: { datasets: string[] };
  plan: { seed: string };
  blocks: { payload_hash: string }[];
  steps: { hash: string; loss: number }[];
}

describe('the audit of a training', () => {
  const trained = temporaryFolder('trained');
  let server: TestServer;
  let env: Record<string, string>;
  let contributor: Submitter;
  /** Blocks of two approved datasets: what is trained on, and another one. */
  let own: string;
  let other: string;

  beforeAll(async () => {
    const lines = [...first(400, mixture('train', 'e2e'))].map((example) => JSON.stringify(example));
    const settings = { LEARNING_AUDIT: 'required', LEARNING_AUDIT_UPDATES: String(UPDATES) };
    ({ server, env } = await startDamagedServer({
      ...{ ...settings, LEARNING_DATASETS: 'approved' },
      ...{ DATASET_SWEEP_MS: '100', DATASET_VOTE_SECONDS: '86400' },
    }));
    contributor = new Submitter(server.url);
    let data: string;
    [data, own] = await giveDataset('own', lines.join('\n'));
    [, other] = await giveDataset('other', goodLines(100, 'other'));
    const what = ['--experts', DAMAGED_EXPERT, '--data', data, '--out', trained, '--steps', String(STEPS)];
    what.push('--datasets', own);
    const how = ['--batch-tokens', '384', '--learning-rate', '0.01', '--json'];
    expect((await runTrainCommand([...what, ...how], env)).code).toBe(0);
  });
  afterAll(() => server.stop());

  /** Uploads a dataset and has it approved. @returns its file and the block that trainings name */
  async function giveDataset(name: string, text: string): Promise<[string, string]> {
    const path = join(temporaryFolder('data'), `${name}.jsonl`);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    const about = ['--name', name, '--licence', 'CC0-1.0', '--source', 'made for a test'];
    const { stdout } = await runCommand(['--json', 'dataset', 'upload', path, ...about], env);
    const { dataset: id } = JSON.parse(stdout) as { dataset: string };
    await datasetAt(server, id, 'vote');
    expect((await runCommand(['dataset', 'vote', id, 'for'], env)).code).toBe(0);
    await endVote(server, id);
    const { stages } = await datasetAt(server, id, 'gold');
    return [path, (stages as { block: string }[])[0].block];
  }

  const readManifest = (folder: string) =>
    JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  const handIn = async (folder: string, minutes: number) => {
    const submitted = await runCommand(
      ['submit', folder, '--show', '--json', '--minutes', String(minutes)],
      env,
    );
    return { ...submitted, answer: JSON.parse(submitted.stdout) as Submission };
  };

  const openings = () =>
    readdirSync(join(server.dataDir, 'submissions'), { recursive: true })
      .map(String)
      .filter((name) => name.includes('opening'));

  it('goes on with a training as if it had never been stopped', async () => {
    const resumed = temporaryFolder('resumed');
    cpSync(trained, resumed, { recursive: true });
    expect(existsSync(join(resumed, 'states', '20.state'))).toBe(true);
    writeFileSync(join(resumed, 'manifest.json'), '{}');
    const { code } = await runTrainCommand(['--resume', resumed, '--json'], env);
    expect(code).toBe(0);
    expect(readManifest(resumed)).toEqual(readManifest(trained));
    const file = `${DAMAGED_EXPERT}.tensorblock`;
    expect(readFileSync(join(resumed, file))).toEqual(readFileSync(join(trained, file)));
  });

  it('refuses at once what could not be replayed', async () => {
    const { status, body } = await contributor.submit(await contributor.prepare(repairedExpert(), [own]));
    expect([status, body.code]).toEqual([422, 'SUBMISSION_NOT_AUDITABLE']);
  });

  it('has the command refuse at once what nobody has decided to show', async () => {
    const told = await fetch(`${server.url}/learning/audit`);
    expect(await told.json()).toEqual({ required: true, updates: UPDATES });
    const { code, stdout } = await runCommand(['submit', trained, '--json'], env);
    expect([code, stdout]).toEqual([1, expect.stringContaining('TRAINING_NOT_SHOWN')]);
    const { items } = await contributor.get<{ items: Submission[] }>('/learning/submissions');
    expect(items).toEqual([]);
  });

  it.each<[string, string, string, (manifest: Manifest, folder: string) => void]>([
    [
      'states another loss than its updates had',
      'AUDIT_UPDATE',
      // All else was as stated: the server made the update again and found the same hash.
      'tokens with a loss of',
      ({ steps }) => steps.forEach((step) => (step.loss /= 2)),
    ],
    [
      'states another seed than was learnt by',
      'AUDIT_ORDER',
      '',
      ({ plan }) => (plan.seed = `not ${plan.seed}`),
    ],
    [
      'names another dataset than was learnt from',
      'AUDIT_DATASET_UNNAMED',
      'stand in approved datasets that are not named',
      ({ data }) => (data.datasets = [other]),
    ],
    [
      'names weights that were edited after the training',
      'AUDIT_WEIGHTS',
      'is not what the training ended with',
      ({ blocks: [block] }, folder) => {
        const { payload } = repairedExpert((value) => value * 1.01);
        writeFileSync(join(folder, `${DAMAGED_EXPERT}.tensorblock`), payload);
        block.payload_hash = digestPayload(payload).hash;
      },
    ],
  ])('rejects a manifest that %s', async (_, refusal, detail, forge) => {
    const forged = temporaryFolder('forged');
    cpSync(trained, forged, { recursive: true });
    const manifest = readManifest(forged);
    forge(manifest, forged);
    writeFileSync(join(forged, 'manifest.json'), JSON.stringify(manifest));
    const { code, answer } = await handIn(forged, 60);
    expect([code, answer.state, answer.code]).toEqual([1, 'rejected', refusal]);
    expect(answer.detail).toContain(detail);
    await until('the opening is deleted', () => openings().length === 0);
  });

  it('replays drawn updates of an honest training, and goes on to its evaluation', async () => {
    const handing = handIn(trained, 60);
    let id: string | undefined;
    const isHere = async () => {
      const { items } = await contributor.get<{ items: Submission[] }>('/learning/submissions');
      id = items.find(({ state }) => state !== 'rejected')?.submission_id;
      return id !== undefined;
    };
    await until('the submission is here', isHere);
    // The evaluation may be over by now; what it finds is the matter of other tests.
    const evaluated = await contributor.reaches(String(id), 'evaluating', 'accepted', 'rejected');
    const checks = evaluated.checks as unknown as ShownCheck[];
    const audit = checks.find(({ name }) => name === 'audit');
    expect(audit).toMatchObject({ passed: true, code: null });
    const [, shown, named] =
      /of (\d+) learnt tokens of \d+ shown documents (\d+) stand in the named datasets$/.exec(audit!.detail)!;
    expect(Number(shown)).toBeGreaterThan(0);
    expect(named).toBe(shown);
    expect(evaluated.opening).toMatchObject({ of: readManifest(trained).steps.length });
    const path = `/learning/submissions/${String(id)}/openings?offset=0&size=4`;
    const late = await fetch(`${server.url}${path}`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/octet-stream' } },
      body: new Uint8Array(4),
    });
    expect([late.status, await late.json()]).toMatchObject([409, { code: 'OPENING_NOT_ASKED' }]);
    // The command would follow it to its release.
    await server.stop();
    expect((await handing).code).toBe(1);
  });
});
