import { createReadStream } from 'node:fs';
import { BlockReader } from '../../chain/index.js';
import { CodedError, messageOf, unwrap } from '../../common/index.js';
import { ParameterIndex } from '../../experts/index.js';
import {
  ExampleEncoder,
  hashFile,
  HttpBlockAccess,
  readExamples,
  readRelease,
  RUN_SETTINGS,
  StoredBlockAccess,
  type BlockAccess,
  type ReleaseModel,
  type TrainingExamples,
} from '../../learning/index.js';
import type { CommandContext } from '../command-context.js';

/** How long one block may take to arrive, ms. */
const DEADLINE_MS = 120_000;

/** A file to learn from, read. */
export interface TrainingData {
  /** SHA-256 of the file. */
  readonly hash: string;
  readonly bytes: number;
  readonly examples: TrainingExamples;
}

/** Reads a release from one's own node, or from another server. @param name `genesis`, `genesis@1.0.0` */
export async function readTrainingModel(
  context: CommandContext,
  name: string,
  server: string | null,
): Promise<ReleaseModel> {
  const read = async (access: BlockAccess) => {
    const bar = { current: null as ReturnType<CommandContext['progress']> | null };
    try {
      return unwrap(
        await readRelease(access, name, (done, total) => {
          bar.current ??= context.progress('reading the model', total);
          bar.current.update(done);
        }),
      );
    } finally {
      bar.current?.stop();
    }
  };
  if (server !== null) {
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

/** Reads a file of documents; throws `TRAINING_FILE`, `DATASET_…`, `TRAINING_…`. */
export async function readTrainingData(path: string, model: ReleaseModel): Promise<TrainingData> {
  const encoder = unwrap(ExampleEncoder.create(model.tokenizer));
  const { hash, bytes } = await hashFile(path).catch(unreadable(path));
  const all = unwrap(await readExamples(createReadStream(path), encoder, model.config.maxPositions));
  return { hash, bytes, examples: { ...all, unseen: all.unseen.slice(0, RUN_SETTINGS.unseen) } };
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
