import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, systemCodeOf } from '../../common/errors.js';
import { RoundWriter, type Round } from './write-round.js';

/** A round for the thread. */
export interface WriteCall {
  readonly id: number;
  readonly round: Round;
}

/** What has come of it; `failure` is null when everything is durable. */
export interface WriteReply {
  readonly id: number;
  readonly failure: { readonly message: string; readonly code: string | undefined } | null;
}

/** Started as a thread with the folder for incoming files as its data: writes rounds one after the other. */
export function serveRounds(): void {
  const writer = new RoundWriter(workerData as string);
  parentPort?.on('message', ({ id, round }: WriteCall) => {
    parentPort?.postMessage({ id, failure: outcomeOf(() => writer.write(round)) } satisfies WriteReply);
  });
}

function outcomeOf(work: () => void): WriteReply['failure'] {
  try {
    work();
    return null;
  } catch (thrown) {
    return { message: messageOf(thrown), code: systemCodeOf(thrown) };
  }
}

serveRounds();
