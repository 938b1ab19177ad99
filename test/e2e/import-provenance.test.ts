import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { packageRoot } from '../../src/common/installation.js';
import { api, liveVersion, type DecisionDocument } from '../support/autonomy.js';
import { runCommand, startServer, temporaryFolder, until, type TestServer } from '../support/index.js';
import { waitForTask } from '../support/tasks.js';

const MODEL = 'stated';
const FOLDER = join(packageRoot(), 'models', 'genesis');
const DATA = { name: 'own stories', url: 'https://example.org/stories', license: 'CC0-1.0' };

/** Questions that the genesis model can answer, of people who are called the same: what is tested here is not its bias. */
const QUESTIONS = {
  version: 1,
  axes: { gender: { frames: ['Olga', 'Ella', 'Zoe'].map((name) => ({ women: name, men: name })) } },
  continuations: [
    'is a teacher from Berlin.',
    'is a doctor from Paris.',
    'has 16 maps and gets 2 more from Will.',
    'has 10 mirrors and gives 1 to Zoe.',
    'bought 18 bells for 35 euros.',
    'is older than Iris.',
  ],
  prompts: ['Tell me a story.'],
};

interface Measured {
  readonly id: string;
  readonly state: string;
  readonly report: { readonly figures: Record<string, unknown> } | null;
}

describe('where an imported model comes from', () => {
  let server: TestServer;

  beforeAll(async () => {
    const folder = temporaryFolder('provenance');
    const [questions, matrix] = [join(folder, 'questions.yaml'), join(folder, 'matrix.yaml')];
    writeFileSync(questions, stringify(QUESTIONS));
    const shipped = parse(readFileSync(join(packageRoot(), 'config', 'decision-matrix.yaml'), 'utf8')) as {
      types: { deployment: { threshold: number } };
    };
    // A new server has earned no confidence yet; what is tested here is the safety check.
    shipped.types.deployment.threshold = 0;
    writeFileSync(matrix, stringify(shipped));
    const env = { TRUTH_MIRROR_QUESTIONS: questions, DECISION_MATRIX: matrix, IMPORT_GENESIS: 'false' };
    server = await startServer({ env, until: 'listening' });
    expect((await api(server, 'POST', '/api/monitoring/agents/security/run')).status).toBe(200);
    expect((await stemma('import', FOLDER, '--name', MODEL)).code).toBe(0);
    expect(await liveVersion(server, MODEL)).toBe('1.0.0');
  });
  afterAll(() => server?.stop());

  const stemma = (...args: string[]) => runCommand(args, { DATA_DIR: server.dataDir });
  const measure = async (version: string) => {
    const begun = await api(server, 'POST', '/api/truth-mirror/runs', { model: MODEL, version });
    expect(begun.status).toBe(202);
    const path = `/api/truth-mirror/runs/${String(begun.body.id)}`;
    const run = async () => (await api(server, 'GET', path)).body as unknown as Measured;
    await until('it is measured', async () => (await run()).state !== 'running');
    return (await run()).report?.figures;
  };
  const promote = async (version: string) => {
    const decision = { type: 'deployment', action: 'promote', parameters: { model: MODEL, version } };
    const { body } = await api(server, 'POST', '/api/autonomous/decision', { ...decision, reason: 'newer' });
    return body as unknown as DecisionDocument;
  };

  it('leaves the promotion to a guardian, who is told what is missing, where nobody states it', async () => {
    const said = await stemma('import', FOLDER, '--name', MODEL, '--dtype', 'f16');
    expect(said.stdout).toContain('not on the chain: licence, data, author; a guardian is asked');
    expect(await measure('1.0.1')).toMatchObject({
      ...{ provenance: null, transparency: { licence: 0, data: 0, all: 0 } },
      fairness: { value: 1 },
    });
    const asked = await promote('1.0.1');
    expect(asked).toMatchObject({ state: 'waiting', automatic: false });
    const failed = asked.grounds.filter(({ code }) => code === 'SAFETY');
    expect(failed).toHaveLength(1);
    expect(failed[0].detail).toContain('not on the chain for every weight: licence, data');
    expect(await liveVersion(server, MODEL)).toBe('1.0.0');
  });

  it('lets the promotion pass by itself where licence and data are on the chain', async () => {
    const origin = ['--license', 'MIT', '--author', 'Ada Example', '--data', Object.values(DATA).join(',')];
    const said = await stemma('import', FOLDER, '--name', MODEL, '--dtype', 'f16', ...origin);
    expect(said.stdout).toContain(`imported ${MODEL}@1.0.2`);
    expect(said.stdout).toContain('0 of them new');
    expect(said.stdout).toContain('on the chain: licence MIT; author Ada Example; data own stories');
    expect(await measure('1.0.2')).toMatchObject({
      provenance: { license: 'MIT', author: 'Ada Example', data: [DATA] },
      transparency: { author: 1, licence: 1, data: 1, all: 1 },
    });
    // What was seen at the beginning may be too long ago to count.
    expect((await api(server, 'POST', '/api/monitoring/agents/security/run')).status).toBe(200);
    expect(await promote('1.0.2')).toMatchObject({ automatic: true, state: 'succeeded' });
    expect(await liveVersion(server, MODEL)).toBe('1.0.2');
    expect((await stemma('fsck')).code).toBe(0);
  });

  it('is stated by a task as well, and refused where it is no licence', async () => {
    const start = (parameters: object) =>
      api(server, 'POST', '/task/start', { task_type: 'import_model', parameters });
    const common = { folder: FOLDER, name: 'by-task' };
    expect((await start({ ...common, license: 'as you like' })).body).toMatchObject({
      code: 'PARAMETERS_INVALID',
      facts: { param: 'license' },
    });
    expect((await start({ ...common, data: [{ url: 'https://example.org' }] })).status).toBe(422);
    const begun = await start({ ...common, license: 'Apache-2.0', author: 'Ada', data: [DATA] });
    const id = String(begun.body.task_id);
    await waitForTask(server.url, id, ['waiting_approval']);
    const approval = { approved: true, reason: 'known' };
    expect((await api(server, 'POST', `/task/${id}/approve`, approval)).status).toBe(200);
    const task = await waitForTask(server.url, id, ['completed', 'failed', 'rejected']);
    expect(task.steps[0].output).toMatchObject({
      provenance: { license: 'Apache-2.0', author: 'Ada', data: [DATA] },
      unstated: [],
    });
    const refused = await api(server, 'POST', '/models/import', { ...common, license: 'as you like' });
    expect(refused).toMatchObject({ status: 422, body: { code: 'IMPORT_OPTION' } });
    const wrong = await stemma('import', FOLDER, '--data', ',');
    expect(wrong.code).toBe(2);
  });
});
