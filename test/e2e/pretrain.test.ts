import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/installation.js';
import { runCommand, startServer, temporaryFolder, type TestServer } from '../support/index.js';

interface PretrainingAnswer {
  readonly end: string;
  readonly updates: number;
  readonly before: number;
  readonly after: number;
  readonly hash: string;
  readonly error?: { readonly code: string };
}

const SHORT = ['--tokens', '12000', '--batch-tokens', '1500', '--learning-rate', '0.01'];

/** Genesis with a tenth of its width: learns in seconds. */
function smallArchitecture(changes: object = {}): string {
  const folder = temporaryFolder('architecture');
  const genesis = join(packageRoot(), 'models', 'genesis');
  for (const file of ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json'])
    cpSync(join(genesis, file), join(folder, file));
  const config = JSON.parse(readFileSync(join(genesis, 'config.json'), 'utf8')) as object;
  const small = { hidden_size: 32, intermediate_size: 32, num_hidden_layers: 2, num_attention_heads: 2 };
  const shape = { ...small, num_key_value_heads: 1, head_dim: 16, num_local_experts: 4 };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...shape, ...changes }));
  return folder;
}

async function pretrain(...args: string[]): Promise<PretrainingAnswer> {
  const { stdout } = await runCommand(['pretrain', '--json', ...args], {});
  return JSON.parse(stdout) as PretrainingAnswer;
}

describe('stemma pretrain', () => {
  const architecture = smallArchitecture();
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ env: { IMPORT_GENESIS: 'false' }, until: 'listening' });
  });
  afterAll(() => server.stop());

  it('teaches a model from nothing, the same bits on one thread and on two, and it can be served', async () => {
    const [one, two] = [temporaryFolder('one'), temporaryFolder('two')];
    const begun = ['--architecture', architecture, ...SHORT];
    const answer = await pretrain(...begun, '--threads', '1', '--out', one);
    expect([answer.end, answer.updates]).toEqual(['schedule', 8]);
    expect(answer.after).toBeLessThan(0.97 * answer.before);
    expect(await pretrain(...begun, '--threads', '2', '--out', two)).toEqual({ ...answer, folder: two });
    const weights = (folder: string) => readFileSync(join(folder, 'model.safetensors'));
    expect(weights(two).equals(weights(one))).toBe(true);

    const env = { DATA_DIR: server.dataDir, DATABASE_URL: String(server.databaseUrl), PORT: '0' };
    const imported = await runCommand(['import', one, '--name', 'mine'], env);
    expect([imported.code, imported.stderr]).toEqual([0, '']);
    const chat = ['chat', 'mine', '--prompt', 'What is 1 + 1?', '--max-tokens', '3', '--json'];
    expect((await runCommand(chat, env)).code).toBe(0);
  });

  it('goes on with one that was begun, and refuses what has changed', async () => {
    const [out, other] = [temporaryFolder('resumed'), temporaryFolder('whole')];
    const begun = ['--architecture', architecture, ...SHORT];
    const whole = await pretrain(...begun, '--out', other);
    // Stopped before its first update, or on the way.
    const stopped = await pretrain(...begun, '--minutes', '0.05', '--out', out);
    expect(stopped.updates).toBeLessThanOrEqual(whole.updates);
    expect(await pretrain('--resume', out)).toEqual({ ...whole, folder: out });
    expect((await pretrain('--resume', out, '--tokens', '13000')).error?.code).toBe('TRAINING_OPTIONS');
    expect((await pretrain(...begun, '--out', out)).error?.code).toBe('TRAINING_FOLDER');
    expect(readFileSync(join(out, 'loss.svg'), 'utf8')).toContain('<polyline class="unseen"');
    const path = join(out, 'config.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('10000', '20000'));
    expect(await pretrain('--resume', out)).toMatchObject({ error: { code: 'TRAINING_CHANGED' } });
    expect(await pretrain('--resume', architecture)).toMatchObject({ error: { code: 'TRAINING_FOLDER' } });
  });

  it('refuses an architecture that it cannot write', async () => {
    const out = temporaryFolder('refused');
    const fused = join(packageRoot(), 'test', 'vectors', 'golden', 'gpt_oss-a');
    const refusal = async (folder: string) =>
      (await pretrain('--architecture', folder, '--out', out)).error?.code;
    expect(await refusal(fused)).toBe('ARCHITECTURE_FUSED');
    expect(await refusal(out)).toBe('IMPORT_CONFIG_MISSING');
    expect(await refusal(join(packageRoot(), 'test', 'vectors', 'golden', 'mixtral-a'))).toBe(
      'TRAINING_NO_TOKENIZER',
    );
    const small = smallArchitecture({ vocab_size: 1000 });
    expect(await refusal(small)).toBe('TRAINING_VOCABULARY');
    expect(readdirSync(out)).toEqual([]);
  });
});
