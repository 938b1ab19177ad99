import { Worker } from 'node:worker_threads';
import { Injectable } from '@nestjs/common';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import type { AuditFindings, AuditInput } from './audit-work.js';

/** Memory that reading one dataset may take, MiB: a line or two, the sample with its signatures, and those of other sets. */
const MOST_MEMORY_MB = 1_024;

/** Looks through datasets in a thread of its own: what people wait for must not wait for it, and it can be ended. */
@Injectable()
export class AuditRunner {
  /** Node.js options of the thread, for tests that run from source. */
  execArgv: readonly string[] | undefined;

  /** Runs one audit. `AUDIT_STOPPED` (503) when the signal aborts, `AUDIT_FAILED` (503) when the thread ends by itself. */
  run(input: AuditInput, signal: AbortSignal): Promise<Result<AuditFindings>> {
    if (signal.aborted) return Promise.resolve(err(failed('STOPPED', 'the audit was stopped')));
    const worker = new Worker(new URL('./audit-thread.js', import.meta.url), {
      workerData: input,
      name: 'dataset-audit',
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
      ...(this.execArgv === undefined ? {} : { execArgv: [...this.execArgv] }),
    });
    return new Promise((resolve) => {
      const stop = () => resolve(err(failed('STOPPED', 'the audit was stopped')));
      signal.addEventListener('abort', stop, { once: true });
      const end = (outcome: Result<AuditFindings>) => {
        signal.removeEventListener('abort', stop);
        resolve(outcome);
      };
      worker.once('message', (findings: AuditFindings) => end(ok(findings)));
      worker.once('error', (thrown) => end(err(failed('FAILED', messageOf(thrown)))));
      worker.once('exit', (code) => end(err(failed('FAILED', `the thread ended with ${code}`))));
    }).finally(() => worker.terminate()) as Promise<Result<AuditFindings>>;
  }
}

function failed(part: 'STOPPED' | 'FAILED', detail: string): CodedError {
  return new CodedError(`AUDIT_${part}`, detail.slice(0, 500), {}, 503);
}
