import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { first, mixture } from '../../src/datasets/index.js';
import { DAMAGED_EXPERT, damagedGenesis } from '../support/damaged-genesis.js';
import { runCommand, startServer, temporaryFolder, type TestServer } from '../support/index.js';

const EXPERT = DAMAGED_EXPERT;

interface TrainingAnswer {
  readonly end: string;
  readonly updates: number;
  readonly before: number;
  readonly best: { readonly step: number; readonly loss: number };
}

interface Manifest {
  readonly release: string;
  readonly blocks: { name: string; parent: string; payload_hash: string; file: string }[];
  readonly steps: { hash: string; tokens: number; loss: number }[];
}

describe('stemma train', () => {
  const data = join(temporaryFolder('data'), 'examples.jsonl');
  let server: TestServer;
  let env: Record<string, string>;

  beforeAll(async () => {
    mkdirSync(join(data, '..'), { recursive: true });
    const lines = [...first(400, mixture('train', 'e2e'))].map((example) => JSON.stringify(example));
    writeFileSync(data, lines.join('\n'));
    server = await startServer({ env: { IMPORT_GENESIS: 'false' }, until: 'listening' });
    env = { DATA_DIR: server.dataDir, DATABASE_URL: String(server.databaseUrl), PORT: '0' };
    const imported = await runCommand(['import', damagedGenesis(), '--name', 'damaged'], env);
    expect(imported.code).toBe(0);
  });
  afterAll(() => server.stop());

  const train = async (out: string, ...args: string[]) => {
    const given = [
      'train',
      '--json',
      '--model',
      'damaged',
      '--experts',
      EXPERT,
      '--data',
      data,
      '--out',
      out,
    ];
    const { code, stdout } = await runCommand([...given, ...args], env);
    return {
      code,
      answer: JSON.parse(stdout) as TrainingAnswer & { error?: { code: string; message: string } },
    };
  };

  it('repairs a damaged expert, the same bits on one thread and on two, from the store and from a server', async () => {
    const [one, two] = [temporaryFolder('one'), temporaryFolder('two')];
    const short = ['--steps', '12', '--batch-tokens', '768', '--learning-rate', '0.01'];
    const { code, answer } = await train(one, ...short, '--threads', '1');
    expect([code, answer.end, answer.updates]).toEqual([0, 'schedule', 12]);
    expect(answer.best.loss).toBeLessThan(0.97 * answer.before);
    expect((await train(two, ...short, '--threads', '2', '--server', server.url)).code).toBe(0);
    const read = (folder: string) =>
      JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    expect(read(two)).toEqual(read(one));
    const [block] = read(one).blocks;
    expect(block).toMatchObject({ name: EXPERT, file: `${EXPERT}.tensorblock` });
    expect(readFileSync(join(one, block.file))).toEqual(readFileSync(join(two, block.file)));
    expect(readFileSync(join(one, 'loss.svg'), 'utf8')).toContain('<polyline class="unseen"');
  });

  it('refuses what cannot be trained, and says what to do', async () => {
    const out = temporaryFolder('refused');
    const poisoned = join(data, '..', 'poisoned.jsonl');
    const refusal = async (...args: string[]) => {
      const { code, answer } = await train(out, ...args);
      return [code, answer.error?.code, answer.error?.message ?? ''];
    };
    expect(await refusal('--experts', 'layer3.expert9')).toEqual([
      1,
      'TRAINING_BLOCKS',
      expect.stringContaining('layer0.expert0'),
    ]);
    expect(await refusal('--model', 'nobody')).toEqual([1, 'RELEASE_NOT_FOUND', expect.any(String)]);
    expect(await refusal('--data', join(out, 'nothing'))).toEqual([1, 'TRAINING_FILE', expect.any(String)]);
    writeFileSync(poisoned, `{"prompt":"a","completion":"b"}\n{"text":${'['.repeat(10_000)}`);
    expect(await refusal('--data', poisoned)).toEqual([
      1,
      expect.stringMatching(/^DATASET_/),
      expect.any(String),
    ]);
    writeFileSync(poisoned, '{"prompt":"a","completion":"b"}\n');
    expect(await refusal('--data', poisoned)).toEqual([1, 'TRAINING_TOO_LITTLE', expect.any(String)]);
  });
});
