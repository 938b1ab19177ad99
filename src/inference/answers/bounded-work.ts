import { err, type Result } from '../../common/index.js';
import type { EngineListener } from '../engine/engine-port.js';
import { Deadline } from './deadline.js';

/**
 * Lets the engine compute something that is no answer. It ends when it is done, when the signal fires (`CANCELLED`), or when
 * its time is up (`ANSWER_TIMEOUT`).
 */
export async function boundedWork<T>(
  signal: AbortSignal,
  work: (listener: EngineListener) => Promise<Result<T>>,
): Promise<Result<T>> {
  const late = new AbortController();
  const deadline = new Deadline(() => late.abort());
  try {
    const progress = () => deadline.begun();
    const result = await work({ signal: AbortSignal.any([signal, late.signal]), progress });
    const refusal = deadline.refusal();
    return refusal === null ? result : err(refusal);
  } finally {
    deadline.stop();
  }
}
