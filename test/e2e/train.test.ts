import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/installation.js';
import { first, mixture } from '../../src/datasets/generators/index.js';
import { DAMAGED_EXPERT } from '../support/damaged-genesis.js';
import { startDamagedServer } from '../support/damaged-server.js';
import { datasetAt, goodLines } from '../support/datasets.js';
import {
  holdRows,
  runCommand,
  runTrainCommand,
  temporaryFolder,
  until,
  type TestServer,
} from '../support/index.js';
import { Submitter, type Body } from '../support/submissions.js';

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
    ({ server, env } = await startDamagedServer({ DATASET_WORK_BITS: '4' }));
  });
  afterAll(() => server.stop());

  const train = async (out: string, ...args: string[]) => {
    const given = ['--json', '--model', 'genesis', '--experts', EXPERT, '--data', data, '--out', out];
    const { code, stdout } = await runTrainCommand([...given, ...args], env);
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

  it('writes what was best before it diverged, says so, and ends with 1, also when it is taken up again', async () => {
    const out = temporaryFolder('diverged');
    const steps = ['--steps', '20', '--batch-tokens', '256', '--learning-rate', '0.005', '--threads', '2'];
    const { answer: whole } = await train(out, ...steps);
    expect(whole.best).toMatchObject({ step: 20 });
    // From here on the optimizer divides by nothing: after one more update the weights are no numbers.
    const file = join(out, 'run.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as {
      plan: { schedule: { steps: number }; adam: Record<string, number> };
    };
    record.plan.adam = { beta1: 0, beta2: 0, epsilon: 0, weight_decay: 0, clip: 0 };
    record.plan.schedule.steps = 60;
    writeFileSync(file, JSON.stringify(record));
    const takeUp = async (...args: string[]) => {
      rmSync(join(out, 'manifest.json'));
      const { code, stdout } = await runTrainCommand(['--resume', out, '--threads', '2', ...args], env);
      expect(code).toBe(1);
      return stdout;
    };
    const answer = JSON.parse(await takeUp('--json')) as TrainingAnswer & { diverged: { code: string } };
    expect(answer).toMatchObject({
      end: 'diverged',
      best: whole.best,
      diverged: { code: 'TRAINING_DIVERGED' },
    });
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Manifest;
    expect(manifest.blocks).toMatchObject([{ name: EXPERT }]);
    expect(await takeUp()).toMatch(
      /DIVERGED: .*lower the learning rate \[TRAINING_DIVERGED\]; what was best before is kept/,
    );
  });

  it('is for nothing where its dataset is withdrawn meanwhile, or before what was handed in is evaluated', async () => {
    const contributor = new Submitter(server.url);
    const dataset = async (...args: string[]) => {
      const { code, stdout } = await runCommand(['dataset', ...args, '--json'], env);
      expect([args[0], code, stdout]).toEqual([args[0], 0, expect.any(String)]);
      return JSON.parse(stdout) as Body;
    };
    const give = async (name: string) => {
      const path = join(data, '..', `${name}.jsonl`);
      writeFileSync(path, goodLines(60, name));
      const about = ['--name', name, '--licence', 'CC0-1.0', '--source', 'a test'];
      const id = String((await dataset('upload', path, ...about)).dataset);
      const { stages } = await datasetAt(server, id, 'vote');
      return { id, block: String((stages as Body[])[0].block) };
    };
    const withdraw = (id: string) => dataset('withdraw', id, '--reason', 'given by mistake');

    const [early, late] = [await give('early'), await give('late')];
    const out = temporaryFolder('withdrawn');
    const plan = ['--datasets', early.block, '--steps', '2', '--batch-tokens', '256', '--threads', '1'];
    const training = train(out, ...plan);
    await until('a training that has begun', () => existsSync(join(out, 'run.json')));
    await withdraw(early.id);
    expect((await training).code).toBe(0);
    const handedIn = await runCommand(['submit', out, '--no-show', '--minutes', '1', '--json'], env);
    const refusal = { error: { code: 'SUBMISSION_DATASET' } };
    expect([handedIn.code, JSON.parse(handedIn.stdout)]).toMatchObject([1, refusal]);
    const { status, body } = await contributor.submit(await contributor.prepare(undefined, [early.block]));
    const detail = expect.stringContaining(`dataset ${early.id} is withdrawn`) as string;
    expect([status, body]).toMatchObject([409, { code: 'SUBMISSION_DATASET', detail }]);

    const held = await holdRows(server, 'learning_submissions', `NEW.state = 'evaluating'`);
    const taken = await contributor.submit(await contributor.prepare(undefined, [late.block]));
    expect(taken.status).toBe(202);
    const id = String(taken.body.submission_id);
    await contributor.reaches(id, 'waiting_beacon');
    await withdraw(late.id);
    await held.release();
    expect(await contributor.reaches(id, 'rejected')).toMatchObject({
      ...{ code: 'SUBMISSION_DATASET', verdict: null, verdict_block: null, release: null },
      detail: expect.stringContaining(`dataset ${late.id} is withdrawn`) as string,
    });
  });

  it('stands behind all others, in the idle class unless told otherwise', async () => {
    if (process.platform !== 'linux') return;
    const hasChrt = spawnSync('chrt', ['--version']).status === 0;
    /** Niceness and scheduling class of a training that has begun: the 19th and 41st field of `stat` (proc(5)). */
    const standingOf = async (...args: string[]) => {
      const out = temporaryFolder('standing');
      const what = ['--model', 'genesis', '--experts', EXPERT, '--data', data, '--steps', '100000'];
      const words = [join(packageRoot(), 'bin', 'stemma.mjs'), 'train', ...what, '--out', out, ...args];
      const { PATH, HOME } = process.env;
      const child = spawn(process.execPath, words, { stdio: 'ignore', env: { PATH, HOME, ...env } });
      const ended = once(child, 'close');
      try {
        const read = () => {
          const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
          return { nice: Number(fields[19 - 3]), idle: fields[41 - 3] === '5' };
        };
        // Once it is idle, it may take as long as the tests beside it.
        await until('a training that has begun', () => read().idle || existsSync(join(out, 'run.json')));
        return read();
      } finally {
        child.kill('SIGKILL');
        await ended;
      }
    };
    expect(await standingOf()).toEqual({ nice: 19, idle: hasChrt });
    expect(await standingOf('--priority', 'low')).toEqual({ nice: 19, idle: false });
    expect(await standingOf('--priority', 'normal')).toEqual({ nice: getPriority(), idle: false });
  });

  it('refuses a file that is no text, and a line without end, before it trains', async () => {
    const out = temporaryFolder('poisoned');
    const poisoned = join(data, '..', 'bytes.jsonl');
    const codeOf = async () => (await train(out, '--data', poisoned)).answer.error?.code;
    writeFileSync(
      poisoned,
      Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 197 + (i >> 8)) & 255),
    );
    expect(await codeOf()).toMatch(/^DATASET_/);
    writeFileSync(poisoned, Buffer.concat([Buffer.from('{"text":"'), Buffer.alloc(8 << 20, 'a')]));
    expect(await codeOf()).toBe('DATASET_LINE_SIZE');
    writeFileSync(poisoned, Buffer.concat([Buffer.from('{"text":"a'), Buffer.alloc(4), Buffer.from('"}\n')]));
    expect(await codeOf()).toMatch(/^DATASET_/);
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
