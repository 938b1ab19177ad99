import { CodedError, err, type Result } from '../../common/index.js';
import type { AskNode } from './asking-witness.js';
import type { TestimonyQuestion } from './question.js';

/** How long a side of a dispute may take for all its answers together, ms: both sides leave a referee time within its own. */
const SIDE_MS = 5 * 60_000;

/**
 * Asks a side that may take so long for all its answers together; once that is spent every question is refused with `NODE_TOO_SLOW`.
 * @param ask told besides how long it may take, ms
 */
export function withinTime(
  ask: (question: TestimonyQuestion, leftMs: number) => Promise<Result<readonly string[]>>,
  mostMs = SIDE_MS,
): AskNode {
  let left = mostMs;
  return async (question) => {
    if (left <= 0) return err(tooSlow(mostMs));
    const begun = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Result<readonly string[]>>((resolve) => {
      timer = setTimeout(() => {
        left = 0;
        resolve(err(tooSlow(mostMs)));
      }, left);
    });
    try {
      return await Promise.race([ask(question, left), late]);
    } finally {
      clearTimeout(timer);
      left -= performance.now() - begun;
    }
  };
}

function tooSlow(mostMs: number): CodedError {
  const message = `its answers took more than ${mostMs / 1_000} s together`;
  return new CodedError('NODE_TOO_SLOW', message, { most: mostMs }, 503);
}
