import { createReadStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { BlockReader } from '../../chain/index.js';
import { CodedError, messageOf, unwrap, type Json } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { ParameterIndex } from '../../experts/index.js';
import {
  checkBlocks,
  encodeTrainedBlock,
  ExampleEncoder,
  hashFile,
  HttpBlockAccess,
  lossCurve,
  readExamples,
  readRelease,
  runTraining,
  startJob,
  StoredBlockAccess,
  trainingKernelPath,
  trainingManifest,
  type BlockAccess,
  type ReleaseModel,
  type RunOutcome,
  type TrainingExamples,
  type TrainingJob,
} from '../../learning/index.js';
import type { CommandContext } from '../command-context.js';

interface TrainOptions {
  readonly data: string;
  readonly experts: string[];
  readonly model: string;
  readonly server?: string;
  readonly minutes: number;
  readonly steps?: number;
  readonly learningRate: number;
  readonly batchTokens: number;
  readonly seed: string;
  readonly threads?: number;
  readonly out: string;
}

/** How long one block may take to arrive, ms. */
const DEADLINE_MS = 120_000;
const CHECK_EVERY = 20;
const PATIENCE = 8;
/** Examples that are looked at without being learnt: enough for a steady figure, few enough to cost little. */
const MOST_UNSEEN = 256;

/** Trains experts of a model and writes their blocks, a manifest and the curve of the loss. */
export async function train(context: CommandContext, options: TrainOptions): Promise<void> {
  const model = await readModel(context, options);
  unwrap(checkBlocks(model, options.experts));
  const encoder = unwrap(ExampleEncoder.create(model.tokenizer));
  const { hash, bytes } = await hashFile(options.data).catch(unreadable(options.data));
  const all = unwrap(await readExamples(createReadStream(options.data), encoder, model.config.maxPositions));
  const examples = { ...all, unseen: all.unseen.slice(0, MOST_UNSEEN) };
  // Whoever answers requests beside it goes first. Threads inherit it, so it comes before them.
  setPriority(constants.priority.PRIORITY_LOW);
  const milliseconds = options.minutes * 60_000;
  const wish = {
    ...options,
    steps: options.steps ?? null,
    milliseconds,
    threads: options.threads ?? availableParallelism(),
  };
  const now = () => performance.now();
  const job = unwrap(await startJob(model, examples, wish, now));
  try {
    const outcome = await runWithBar(context, job, examples, milliseconds);
    const data = { hash, bytes, learnt: all.learnt.length, unseen: examples.unseen.length };
    const files = await writeResults(options.out, model, job, outcome, data);
    printOutcome(context, outcome, all.tooLong, files);
  } finally {
    await job.stop();
  }
}

async function readModel(context: CommandContext, options: TrainOptions): Promise<ReleaseModel> {
  const { model, server } = options;
  const read = async (access: BlockAccess) => {
    const bar = { current: null as ReturnType<CommandContext['progress']> | null };
    try {
      return unwrap(
        await readRelease(access, model, (done, total) => {
          bar.current ??= context.progress('reading the model', total);
          bar.current.update(done);
        }),
      );
    } finally {
      bar.current?.stop();
    }
  };
  if (server !== undefined) {
    const base = server.replace(/\/+$/, '');
    return read(
      new HttpBlockAccess((path) =>
        fetch(`${base}${path}`, { signal: AbortSignal.timeout(DEADLINE_MS) }).catch(unreachable(base)),
      ),
    );
  }
  return context.withApplication((host) => {
    if (host.kind === 'server') return read(new HttpBlockAccess((path) => host.server.fetch(path)));
    const { application } = host;
    return read(new StoredBlockAccess(application.get(ParameterIndex), application.get(BlockReader)));
  });
}

/** Ctrl-C once ends the training and keeps what is best so far. */
async function runWithBar(
  context: CommandContext,
  { trainer, plan }: TrainingJob,
  { unseen }: TrainingExamples,
  milliseconds: number,
): Promise<RunOutcome> {
  const { steps } = plan.schedule;
  const bar = context.progress('training', steps);
  let stopped = false;
  const stop = () => (stopped = true);
  process.once('SIGINT', stop);
  let checked = NaN;
  try {
    const limits = { steps, milliseconds, checkEvery: CHECK_EVERY, patience: PATIENCE };
    return unwrap(
      await runTraining(trainer, unseen, limits, {
        now: () => performance.now(),
        onStep: ({ step, loss }) =>
          bar.update(step + 1, `loss ${loss.toFixed(3)}, unseen ${checked.toFixed(3)}`),
        onCheck: ({ loss }) => (checked = loss),
        pause: () => setImmediate(stopped).then(() => stopped),
      }),
    );
  } finally {
    bar.stop();
    process.off('SIGINT', stop);
  }
}

async function writeResults(
  folder: string,
  model: ReleaseModel,
  { trainer, plan }: TrainingJob,
  outcome: RunOutcome,
  data: { hash: string; bytes: number; learnt: number; unseen: number },
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const blocks = plan.blocks.map((name) => {
    const block = encodeTrainedBlock(model, name, (of, tensor) => trainer.values(of, tensor));
    return { block, hash: nativeSha256Hex(block.payload), file: `${name}.tensorblock` };
  });
  for (const { block, file } of blocks) await writeFile(join(folder, file), block.payload);
  const kernel = nativeSha256Hex(await readFile(trainingKernelPath()));
  const manifest = trainingManifest({ model, plan, kernel, data, blocks, outcome });
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  const title = `${model.model}@${model.version}: ${plan.blocks.join(', ')}`;
  await writeFile(join(folder, 'loss.svg'), lossCurve(title, outcome.steps, outcome.checks));
  return [...blocks.map(({ file }) => file), 'manifest.json', 'loss.svg'].map((file) => join(folder, file));
}

const ENDS = {
  schedule: 'all updates were made',
  time: 'the time was over',
  'no better': 'unseen examples got no better',
  stopped: 'it was stopped',
} as const;

function printOutcome(
  context: CommandContext,
  { end, steps, checks, best }: RunOutcome,
  tooLong: number,
  files: readonly string[],
): void {
  const before = checks[0].loss;
  const change = ((best.loss / before - 1) * 100).toFixed(1);
  const lines = [
    `${steps.length} updates (${ENDS[end]}); best after ${best.step}`,
    `loss on examples that were not learnt: ${before.toFixed(4)} -> ${best.loss.toFixed(4)} (${change} %)`,
    ...(tooLong > 0 ? [`${tooLong} examples were longer than the model's context and left out`] : []),
    `written: ${files.join(', ')}`,
  ];
  const value = {
    end,
    updates: steps.length,
    best: { ...best },
    before,
    too_long: tooLong,
    files: [...files],
  };
  context.print(value as Json, lines.join('\n'));
}

function unreadable(path: string): (thrown: unknown) => never {
  return (thrown) => {
    throw new CodedError('TRAINING_FILE', `${path} cannot be read: ${messageOf(thrown)}`, { path });
  };
}

function unreachable(url: string): (thrown: unknown) => never {
  return (thrown) => {
    throw new CodedError('SERVER_GONE', `${url} does not answer: ${messageOf(thrown)}`, {}, 503);
  };
}
