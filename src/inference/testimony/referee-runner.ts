import { Worker } from 'node:worker_threads';
import { Logger } from '@nestjs/common';
import { CodedError, err, messageOf, type Result } from '../../common/index.js';
import type { SideName, Verdict } from '../dispute/index.js';
import { fromPlain, toPlain } from '../kernel/node/protocol.js';
import { cancelled } from '../kernel/refusals.js';
import type { AskNode } from './asking-witness.js';
import type { TestimonyQuestion } from './question.js';
import type { FromReferee, RefereeThreadData, ToReferee } from './referee-work.js';

const logger = new Logger('Disputes');

/** JavaScript objects that one dispute may take, MiB: what both sides said; weights are besides. */
const MOST_MEMORY_MB = 1_024;
/** Longest dispute, ms. */
const LONGEST_MS = 15 * 60_000;

/**
 * Settles a dispute in a thread of its own, which asks both sides through this one. Refuses as they and the weights do, and with
 * `DISPUTE_FAILED` (503) when the thread ends by itself or takes a quarter of an hour; `CANCELLED` when the signal fires.
 */
export async function runReferee(
  data: RefereeThreadData,
  ask: Readonly<Record<SideName, AskNode>>,
  signal: AbortSignal,
): Promise<Result<Verdict>> {
  if (signal.aborted) return err(cancelled());
  const worker = new Worker(new URL('./referee-thread.js', import.meta.url), {
    workerData: data,
    name: 'referee',
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
  });
  let timer: NodeJS.Timeout | undefined;
  let onAbort: () => void = () => undefined;
  const verdict = new Promise<Result<Verdict>>((resolve) => {
    timer = setTimeout(() => resolve(failed('it took too long')), LONGEST_MS);
    onAbort = () => resolve(err(cancelled()));
    signal.addEventListener('abort', onAbort, { once: true });
    worker.on('message', (message: FromReferee) => {
      if ('verdict' in message) resolve(fromPlain(message.verdict));
      else void answer(worker, message.id, ask[message.side], message.question);
    });
    worker.once('error', (thrown) => resolve(failed(messageOf(thrown))));
    worker.once('exit', (code) => resolve(failed(`its thread ended with ${code}`)));
  });
  try {
    return await verdict;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}

/** What a side says to a question; `TESTIMONY_FAILED` (503) where asking it throws, the cause of which is for the log. */
export async function heard(ask: AskNode, question: TestimonyQuestion): Promise<Result<readonly string[]>> {
  try {
    return await ask(question);
  } catch (thrown) {
    logger.warn(`a question about a disputed answer could not be put: ${messageOf(thrown)}`);
    const message = 'No testimony: the question could not be put.';
    return err(new CodedError('TESTIMONY_FAILED', message, { retryAfter: 1 }, 503));
  }
}

async function answer(worker: Worker, id: number, ask: AskNode, question: TestimonyQuestion): Promise<void> {
  worker.postMessage({ id, rows: toPlain(await heard(ask, question)) } satisfies ToReferee);
}

function failed(detail: string): Result<never> {
  return err(new CodedError('DISPUTE_FAILED', `The dispute was not settled: ${detail}.`, {}, 503));
}
