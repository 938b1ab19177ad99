import { CodedError } from '../../../src/common/errors.js';
import { hashJson, sha256Bytes } from '../../../src/common/hash.js';
import { recomputeFromServer } from '../../../src/rewards/epochs/recompute-from-server.js';
import { Problem } from '../api/problem.js';
import type { RecomputeProgress, RecomputeReport, RecomputeRequest } from './recompute-protocol.js';
import { recordDifferences } from './record-differences.js';

/** How often progress is told at most, ms. */
const TELL_MS = 50;

const report = (message: RecomputeReport): void => globalThis.postMessage(message);

globalThis.addEventListener('message', (event: MessageEvent<RecomputeRequest>) => {
  recompute(event.data).then(report, (thrown: unknown) => {
    if (thrown instanceof CodedError)
      return report({ type: 'refused', code: thrown.code, detail: thrown.message });
    const { status, code, detail } = Problem.from(thrown);
    report({ type: 'problem', status, code, detail });
  });
});

/** Works an epoch out from what the server tells anybody, as `stemma rewards recompute --server` does. */
async function recompute({ epoch, shown, token }: RecomputeRequest): Promise<RecomputeReport> {
  const headers = token === null ? undefined : { authorization: `Bearer ${token}` };
  // What the browser has kept may be older than what the server says now.
  const ask = (path: string) => fetch(path, { headers, cache: 'no-cache' });
  const again = await recomputeFromServer(ask, epoch, sha256Bytes, progressTeller());
  if (!again.ok) throw again.error;
  const { equal, computed, record } = again.value;
  const differences = recordDifferences(shown, record);
  return {
    type: 'outcome',
    outcome: { equal: equal && hashJson(shown) === computed, computed, differences },
  };
}

function progressTeller(): (progress: RecomputeProgress) => void {
  let told = -Infinity;
  return (progress) => {
    if (performance.now() - told < TELL_MS) return;
    told = performance.now();
    report({ type: 'progress', progress });
  };
}
