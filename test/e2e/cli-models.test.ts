import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/installation.js';
import { readGguf } from '../support/gguf-reader.js';
import {
  createTestDatabase,
  runCommand,
  startServer,
  temporaryFolder,
  type TestServer,
} from '../support/index.js';

const golden = join(packageRoot(), 'test', 'vectors', 'golden', 'mixtral-a');
const reference = JSON.parse(readFileSync(join(golden, 'reference.json'), 'utf8')) as {
  input_ids: number[][];
  logits: number[][][];
};

interface Release {
  readonly model: string;
  readonly version: string;
  readonly release: string;
  readonly live: boolean;
}

/** What the commands must do alike, with and without a server on the data folder. */
function commandsOn(environment: () => Record<string, string>) {
  const stemma = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCommand(['--json', ...args], environment());
    return { code, value: (stdout.trim() === '' ? { stderr } : JSON.parse(stdout)) as never };
  };

  it('imports, lists and promotes', async () => {
    const first = await stemma('import', golden, '--dtype', 'f32');
    expect(first).toMatchObject({ code: 0, value: { model: 'mixtral-a', version: '1.0.0', blocks: 32 } });
    const second = await stemma('import', golden, '--name', 'mixtral-a');
    expect(second).toMatchObject({ code: 0, value: { version: '1.0.1', dtype: 'q8' } });
    expect((await stemma('models', 'promote', 'mixtral-a@1.0.1')).code).toBe(0);
    const { releases } = (await stemma('models')).value as { releases: Release[] };
    const own = releases
      .filter(({ model }) => model === 'mixtral-a')
      .map(({ version, live }) => [version, live]);
    expect(own).toEqual([
      ['1.0.1', true],
      ['1.0.0', false],
    ]);
  });

  it('prints logits that agree with the reference', async () => {
    const [ids] = reference.input_ids;
    const { value } = await stemma('logits', 'mixtral-a@1.0.0', '--ids', ids.join(','), '--last', '2');
    const { logits, positions } = value as { logits: number[][]; positions: number[] };
    expect(positions).toEqual([ids.length - 2, ids.length - 1]);
    const expected = reference.logits[0].slice(-2);
    const difference = Math.max(
      ...expected.flatMap((row, i) => row.map((logit, j) => Math.abs(logit - logits[i][j]))),
    );
    expect(difference).toBeLessThan(2e-3);
  });

  it('exports a release to GGUF and writes over nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stemma-gguf-'));
    const file = join(folder, 'model.gguf');
    const done = await stemma('export', 'mixtral-a@1.0.0', '--gguf', file);
    const bytes = readFileSync(file);
    expect(done).toMatchObject({ code: 0, value: { bytes: bytes.length, type: 'f32' } });
    const { metadata, tensors } = readGguf(bytes);
    expect(metadata.get('general.name')).toBe('mixtral-a 1.0.0');
    expect(tensors.get('blk.2.ffn_up_exps.weight')?.dimensions).toHaveLength(3);
    expect(await stemma('export', 'mixtral-a', '--gguf', file)).toMatchObject({
      code: 1,
      value: { error: { code: 'EXPORT_EXISTS' } },
    });
    const other = join(folder, 'other.gguf');
    expect(await stemma('export', 'mixtral-a', '--release', '9.0.0', '--gguf', other)).toMatchObject({
      code: 1,
      value: { error: { code: 'MODEL_UNKNOWN' } },
    });
    expect(readdirSync(folder)).toEqual(['model.gguf']);
    rmSync(folder, { recursive: true });
  });

  it('says what 4 bits cost beside the exact weights, and leaves nothing of these behind', async () => {
    const quality = async (...options: string[]) =>
      (
        (await stemma('import', golden, '--name', 'judged', ...options)).value as {
          quality?: Record<string, number>;
        }
      ).quality;
    const four = (await quality('--dtype', 'q4'))!;
    expect(four).toMatchObject({ tokens: expect.any(Number), answers: 16 });
    expect(four.tokens).toBeGreaterThan(100);
    expect(four.perplexity).not.toBe(four.exact_perplexity);
    expect(four.perplexity / four.exact_perplexity).toBeGreaterThan(0.8);
    expect(four.perplexity / four.exact_perplexity).toBeLessThan(1.5);
    expect(four.same_choice).toBeGreaterThan(0.5);
    expect(four.same_choice).toBeLessThan(1);
    const exact = (await quality('--dtype', 'f32', '--measure'))!;
    expect(exact).toMatchObject({ same_choice: 1, same_answers: 16, tokens: four.tokens });
    expect(exact.perplexity).toBe(exact.exact_perplexity);
    expect(await quality('--dtype', 'q4', '--no-measure')).toBeUndefined();
    const payloads = join(environment().DATA_DIR, 'blobs', 'payloads');
    expect(readdirSync(join(payloads, 'incoming'))).toEqual([]);
  });

  it.each([
    ['IMPORT_TOKENIZER', 'tokenizer.json', { model: { type: 'BPE', vocab: 5, merges: 'none' } }],
    ['IMPORT_TOKENIZER', 'tokenizer_config.json', { chat_template: '{% for %}' }],
    ['IMPORT_CONFIG', 'generation_config.json', { suppress_tokens: [5] }],
  ])('refuses with %s a checkpoint whose %s asks for what answers cannot do', async (code, file, content) => {
    const folder = temporaryFolder('unanswerable');
    cpSync(join(packageRoot(), 'models', 'genesis'), folder, { recursive: true });
    const before = await stemma('models');
    writeFileSync(join(folder, file), JSON.stringify(content));
    const refused = await stemma('import', folder, '--name', 'unanswerable', '--no-measure');
    expect(refused).toMatchObject({ code: 1, value: { error: { code } } });
    expect(await stemma('models')).toEqual(before);
  });

  it('answers 1 to what is refused and 2 to wrong use', async () => {
    const refused = await stemma('import', '/nowhere');
    expect(refused).toMatchObject({ code: 1, value: { error: { code: 'IMPORT_FOLDER' } } });
    // a running server refuses it at its door, the importer otherwise
    expect(await stemma('import', golden, '--name', 'Not A Name')).toMatchObject({
      code: 1,
      value: { error: { code: expect.stringMatching(/^(VALIDATION_FAILED|IMPORT_OPTION)$/) } },
    });
    expect(await stemma('models', 'promote', 'mixtral-a@9.0.0')).toMatchObject({
      code: 1,
      value: { error: { code: 'RELEASE_UNKNOWN' } },
    });
    expect(await stemma('logits', 'nothing', '--ids', '1')).toMatchObject({
      code: 1,
      value: { error: { code: 'MODEL_NOT_FOUND' } },
    });
    expect((await runCommand(['logits', 'mixtral-a', '--ids', '1,x'], environment())).code).toBe(2);
    expect((await runCommand(['import', golden, '--dtype', 'q3'], environment())).code).toBe(2);
  });
}

describe('model commands without a server', () => {
  const dataDir = temporaryFolder('cli');
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  commandsOn(() => ({ DATA_DIR: dataDir, DATABASE_URL: database.url, INFERENCE_THREADS: '1' }));
});

describe('model commands through the server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    await server.stop();
  });

  commandsOn(() => ({ DATA_DIR: server.dataDir }));

  it('talks to the model that came with the first start', async () => {
    const once = await runCommand(['chat', '--prompt', 'What is Stemma?'], { DATA_DIR: server.dataDir });
    expect([once.code, once.stdout]).toEqual([0, expect.stringContaining('Stemma')]);
    expect(once.stderr).toMatch(/receipt rcpt_[0-9a-f]{32}/);
  });

  it('goes on serving while an import is refused', async () => {
    const work = mkdtempSync(join(tmpdir(), 'stemma-empty-'));
    const refused = await runCommand(['--json', 'import', work], { DATA_DIR: server.dataDir });
    expect(refused.code).toBe(1);
    expect((await fetch(`${server.url}/models`)).status).toBe(200);
    rmSync(work, { recursive: true });
  });
});
