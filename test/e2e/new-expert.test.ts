import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { first, mixture } from '../../src/datasets/index.js';
import type { ReceiptDocument } from '../../src/inference/receipt/index.js';
import { DAMAGED_EXPERT, damagedGenesis } from '../support/damaged-genesis.js';
import { answerOnce, runCommand, startServer, temporaryFolder, type TestServer } from '../support/index.js';
import { Submitter, type Body, type Submission } from '../support/submissions.js';
import { call } from '../support/tasks.js';

const NEW = 'layer4.expert8';
const ROW = 'layer4.router.row8';
const EXPERTS = 9;

interface Manifest {
  readonly plan: { readonly blocks: string[]; readonly new_experts: Body[] };
  readonly blocks: { name: string; parent: string; from?: string }[];
  readonly checks: { readonly loss: number }[];
}

describe('a new expert', () => {
  const data = join(temporaryFolder('data'), 'examples.jsonl');
  const trained = temporaryFolder('trained');
  let server: TestServer;
  let env: Record<string, string>;
  let contributor: Submitter;

  beforeAll(async () => {
    mkdirSync(join(data, '..'), { recursive: true });
    const lines = [...first(400, mixture('train', 'e2e'))].map((example) => JSON.stringify(example));
    writeFileSync(data, lines.join('\n'));
    server = await startServer({
      env: { IMPORT_GENESIS: 'false', LEARNING_AUDIT_UPDATES: '2' },
      until: 'listening',
    });
    env = { DATA_DIR: server.dataDir, DATABASE_URL: String(server.databaseUrl), PORT: '0' };
    expect((await runCommand(['import', damagedGenesis(), '--name', 'genesis'], env)).code).toBe(0);
    contributor = new Submitter(server.url);
  });
  afterAll(() => server?.stop());

  const train = async (out: string, ...args: string[]) => {
    const how = ['--steps', '24', '--batch-tokens', '768', '--learning-rate', '0.01', '--json'];
    const { code, stdout } = await runCommand(['train', '--data', data, '--out', out, ...how, ...args], env);
    return { code, answer: JSON.parse(stdout) as Body };
  };
  const manifestOf = (folder: string) =>
    JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;

  it('is trained with its row of the router, the same bits again from where a training was stopped', async () => {
    const { code, answer } = await train(trained, '--new-expert', 'layer4', '--from', DAMAGED_EXPERT);
    console.log(JSON.stringify(answer));
    expect(code).toBe(0);
    const manifest = manifestOf(trained);
    expect(manifest.plan).toMatchObject({
      blocks: [NEW, ROW],
      new_experts: [{ name: NEW, from: DAMAGED_EXPERT }],
    });
    const resumed = temporaryFolder('resumed');
    cpSync(trained, resumed, { recursive: true });
    writeFileSync(join(resumed, 'manifest.json'), '{}');
    expect((await runCommand(['train', '--resume', resumed, '--json'], env)).code).toBe(0);
    expect(manifestOf(resumed)).toEqual(manifest);
    for (const name of [NEW, ROW])
      expect(readFileSync(join(resumed, `${name}.tensorblock`))).toEqual(
        readFileSync(join(trained, `${name}.tensorblock`)),
      );
  });

  async function answerOf(): Promise<ReceiptDocument> {
    const messages = [{ role: 'user', content: 'Tell me a story about a fox.' }];
    const asked = { model: 'genesis', messages, temperature: 0, seed: 3, max_tokens: 40 };
    const { body } = await call<{ receipt_id: string }>(server.url, 'POST', '/v1/chat/completions', asked);
    return answerOnce(
      () => contributor.get<ReceiptDocument>(`/v1/receipts/${body.receipt_id}`),
      ({ log }) => log !== null,
    );
  }

  it('is judged, released as a minor version, and a part of answers that replay', async () => {
    const handing = runCommand(['submit', trained, '--json', '--minutes', '2'], env);
    const approved = contributor.question().then(async (question) => {
      const path = `/api/guardian/escalations/${question}/approve`;
      return (await call(server.url, 'POST', path, { reason: 'it is better' })).status;
    });
    const handed = await handing;
    console.log(handed.stdout, handed.stderr);
    const submission = JSON.parse(handed.stdout) as Submission;
    expect([handed.code, submission.state, submission.version]).toEqual([0, 'released', '1.1.0']);
    expect(await approved).toBe(200);
    const after = await answerOf();
    expect(after.receipt.experts.map(({ name }) => name)).toContain(NEW);
    expect(EXPERTS).toBe(9);
  });
});
