import { setImmediate } from 'node:timers/promises';
import { CodedError, unwrap, type Json } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import {
  encodeOpening,
  hashFile,
  OPENING_LIMITS,
  OpeningMaker,
  parseAuditFacts,
  trainedSizes,
  TrainingFolder,
  type Opening,
  type UpdateOpening,
} from '../../learning/index.js';
import type { CommandContext } from '../command-context.js';
import { problemIn, type ServerClient } from '../server-client.js';
import { kernelHash, openTraining, type BegunTraining } from './begun-training.js';

/** What a server asks to be shown of a training. */
export interface AskedUpdates {
  readonly submission: string;
  /** Updates, ascending. */
  readonly updates: readonly number[];
}

/** Bytes that are sent at a time. */
const CHUNK_BYTES = 8 * 2 ** 20;
/** A value and two moments of 32 bits. */
const VALUE_BYTES = 12;
/** Updates that a server may ask for, of which an opening must have room for the states. */
const ASKED_UPDATES = 16;

/** Whether what a server may ask to be shown is all here: the folder of the training, its data as it was, the kernel; and is not too large. */
export async function canShowTraining(path: string, manifest: Json): Promise<boolean> {
  const facts = parseAuditFacts(manifest);
  const folder = facts.ok ? await TrainingFolder.open(path) : facts;
  if (!folder.ok) return false;
  const { data, kernel } = folder.value.record;
  if (kernel !== (await kernelHash()) || (await hashOf(data.path)) !== data.hash) return false;
  return valuesOf(manifest) * VALUE_BYTES * ASKED_UPDATES <= OPENING_LIMITS.bytes;
}

/** Null where the file cannot be read. */
function hashOf(path: string): Promise<string | null> {
  return hashFile(path).then(
    ({ hash }) => hash,
    () => null,
  );
}

/** Trained weights that a manifest names. */
function valuesOf(manifest: Json): number {
  const { blocks } = manifest as unknown as {
    readonly blocks: readonly {
      readonly tensors: readonly { readonly rows: number; readonly columns: number }[];
    }[];
  };
  return blocks.flatMap(({ tensors }) => tensors).reduce((sum, { rows, columns }) => sum + rows * columns, 0);
}

/**
 * Makes the asked updates of a training ready to be replayed, from the states in its folder, and sends them. Throws `TRAINING_…` and
 * `OPENING_…` where folder, file or model are not those of the manifest any more.
 */
export async function showOpening(
  context: CommandContext,
  server: ServerClient,
  folder: string,
  manifest: Json,
  asked: AskedUpdates,
): Promise<void> {
  const training = await openTraining(context, folder, { server: server.url });
  try {
    const opening = await makeOpening(context, training, manifest, asked.updates);
    await send(context, server, asked.submission, encodeOpening(opening));
  } finally {
    await training.job.stop();
  }
}

async function makeOpening(
  context: CommandContext,
  { model, job: { trainer, plan }, data, folder }: BegunTraining,
  manifest: Json,
  updates: readonly number[],
): Promise<Opening> {
  const facts = unwrap(parseAuditFacts(manifest));
  const beginning = trainer.state();
  const finished = {
    ...{ facts, trainer, documents: data.examples.learnt },
    sizes: trainedSizes(model.config, plan.blocks),
    stateBefore: async (step: number) => (await folder.stateBefore(step)) ?? beginning,
  };
  const maker = new OpeningMaker(finished, nativeSha256, () => setImmediate(false));
  const bar = context.progress('showing updates', updates.length + 1);
  try {
    const shown: UpdateOpening[] = [];
    for (const step of updates) {
      shown.push(unwrap(await maker.openingOf(step)));
      bar.update(shown.length);
    }
    return { updates: shown, end: unwrap(await maker.end()) };
  } finally {
    bar.stop();
  }
}

async function send(
  context: CommandContext,
  server: ServerClient,
  submission: string,
  bytes: Uint8Array,
): Promise<void> {
  const size = bytes.length;
  if (size > OPENING_LIMITS.bytes) {
    const message = `the opening has ${size} bytes, ${OPENING_LIMITS.bytes} are allowed`;
    throw new CodedError('OPENING_SIZE', message, { size });
  }
  const bar = context.progress('sending them', size);
  try {
    // A first chunk at 0 begins anew, whatever an earlier attempt left.
    for (let offset = 0; offset < size; offset += CHUNK_BYTES) {
      const path = `/learning/submissions/${submission}/openings?offset=${offset}&size=${size}`;
      const response = await server.fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: new Uint8Array(bytes.subarray(offset, offset + CHUNK_BYTES)),
      });
      if (!response.ok) throw await problemIn(response);
      bar.update(Math.min(size, offset + CHUNK_BYTES));
    }
  } finally {
    bar.stop();
  }
}
