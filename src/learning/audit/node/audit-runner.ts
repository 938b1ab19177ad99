import { Worker } from 'node:worker_threads';
import { Injectable } from '@nestjs/common';
import { CodedError, err, messageOf, ok, type Result } from '../../../common/index.js';
import type { AuditFinding, AuditInput, AuditMessage } from './audit-work.js';

/** Memory of JavaScript objects that one audit may take, MiB; the opening's bytes and the kernel's memory are besides. */
const MOST_MEMORY_MB = 2_048;

/** Replays openings in a thread of its own: what people wait for must not wait for it, and it can be ended. */
@Injectable()
export class TrainingAuditRunner {
  /** Node.js options of the thread, for tests that run from source. */
  execArgv: readonly string[] | undefined;

  /**
   * Runs one audit. `AUDIT_STOPPED` (503) when the signal aborts, `AUDIT_FAILED` (503) when the thread ends by itself: neither says
   * anything about the training.
   */
  run(
    input: AuditInput,
    signal: AbortSignal,
    progress: (done: number) => void,
  ): Promise<Result<AuditFinding>> {
    if (signal.aborted) return Promise.resolve(err(failed('STOPPED', 'the audit was stopped')));
    const worker = new Worker(new URL('./audit-thread.js', import.meta.url), {
      workerData: input,
      name: 'training-audit',
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
      ...(this.execArgv === undefined ? {} : { execArgv: [...this.execArgv] }),
    });
    const outcome = new Promise<Result<AuditFinding>>((resolve) => {
      const stop = () => end(err(failed('STOPPED', 'the audit was stopped')));
      const end = (result: Result<AuditFinding>) => {
        signal.removeEventListener('abort', stop);
        resolve(result);
      };
      signal.addEventListener('abort', stop, { once: true });
      worker.on('message', (message: AuditMessage) => {
        if ('done' in message) progress(message.done);
        else end(ok(message));
      });
      worker.once('error', (thrown) => end(err(failed('FAILED', messageOf(thrown)))));
      worker.once('exit', (code) => end(err(failed('FAILED', `the thread ended with ${code}`))));
    });
    return outcome.finally(() => worker.terminate());
  }
}

function failed(part: 'STOPPED' | 'FAILED', detail: string): CodedError {
  return new CodedError(`AUDIT_${part}`, detail.slice(0, 500), {}, 503);
}
