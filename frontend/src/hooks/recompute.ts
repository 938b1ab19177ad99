import { useCallback, useEffect, useRef, useState } from 'react';
import type { Json } from '../../../src/common/canonical-json.js';
import { accessToken } from '../api/access.js';
import { Problem } from '../api/problem.js';
import type { Epoch } from '../api/rewards.js';
import type {
  RecomputeOutcome,
  RecomputeProgress,
  RecomputeReport,
  RecomputeRequest,
} from '../verify/recompute-protocol.js';

/** How far working out an epoch in this browser has come. */
export type Recomputing =
  | { readonly state: 'idle' }
  | { readonly state: 'running'; readonly progress: RecomputeProgress | null }
  | { readonly state: 'done'; readonly outcome: RecomputeOutcome }
  | { readonly state: 'refused'; readonly code: string; readonly detail: string }
  | { readonly state: 'failed'; readonly problem: Problem };

/** Works an epoch out again in a Web Worker; leaving the page ends it. */
export function useRecompute({ epoch, record }: Epoch): { recomputing: Recomputing; start: () => void } {
  const [recomputing, setRecomputing] = useState<Recomputing>({ state: 'idle' });
  const worker = useRef<Worker | null>(null);
  const start = useCallback(() => {
    worker.current?.terminate();
    setRecomputing({ state: 'running', progress: null });
    worker.current = startWorker(
      { epoch, shown: record as unknown as Json, token: accessToken() },
      (report) => setRecomputing(stateAfter(report)),
    );
  }, [epoch, record]);
  useEffect(() => () => worker.current?.terminate(), []);
  return { recomputing, start };
}

function startWorker(request: RecomputeRequest, take: (report: RecomputeReport) => void): Worker {
  const worker = new Worker(new URL('../verify/recompute-worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', (event: MessageEvent<RecomputeReport>) => {
    take(event.data);
    if (event.data.type !== 'progress') worker.terminate();
  });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    const detail = event.message || 'The worker did not start.';
    take({ type: 'problem', status: 0, code: 'VERIFY_CRASHED', detail });
  });
  worker.postMessage(request);
  return worker;
}

function stateAfter(report: RecomputeReport): Recomputing {
  switch (report.type) {
    case 'progress':
      return { state: 'running', progress: report.progress };
    case 'outcome':
      return { state: 'done', outcome: report.outcome };
    case 'refused':
      return { state: 'refused', code: report.code, detail: report.detail };
    case 'problem':
      return { state: 'failed', problem: new Problem(report.status, report.code, report.detail) };
  }
}
