import { useCallback, useEffect, useReducer, useRef } from 'react';
import { accessToken } from '../api/access.js';
import { Problem } from '../api/problem.js';
import {
  STEPS,
  type CellPlan,
  type CellState,
  type StepName,
  type StepState,
  type Verdict,
  type VerifyReport,
  type VerifyRequest,
} from '../verify/protocol.js';

/** What a verification has shown so far. */
export interface Verification {
  readonly running: boolean;
  readonly steps: Readonly<Record<StepName, { readonly state: StepState; readonly detail: string }>>;
  readonly cells: readonly CellPlan[];
  readonly layers: number;
  readonly experts: number;
  readonly cellStates: ReadonlyMap<string, CellState>;
  readonly pieces: readonly string[];
  readonly agreedTokens: number;
  readonly totalTokens: number;
  readonly verdict: Verdict | null;
  readonly problem: Problem | null;
}

const idle = { state: 'idle', detail: '' } as const;

const nothing: Verification = {
  running: false,
  steps: Object.fromEntries(STEPS.map((step) => [step, idle])) as unknown as Verification['steps'],
  cells: [],
  layers: 0,
  experts: 0,
  cellStates: new Map(),
  pieces: [],
  agreedTokens: 0,
  totalTokens: 0,
  verdict: null,
  problem: null,
};

type Action =
  { readonly type: 'start' } | { readonly type: 'reports'; readonly reports: readonly VerifyReport[] };

/** Verifies a receipt in a Web Worker; leaving the page ends it. */
export function useVerification(receipt: string): { verification: Verification; start: () => void } {
  const [verification, dispatch] = useReducer(reduce, nothing);
  const worker = useRef<Worker | null>(null);
  const start = useCallback(() => {
    worker.current?.terminate();
    dispatch({ type: 'start' });
    worker.current = startWorker(receipt, (reports) => dispatch({ type: 'reports', reports }));
  }, [receipt]);
  useEffect(() => () => worker.current?.terminate(), []);
  return { verification, start };
}

/** Reports come by the hundred; they are handed on once per frame. */
function startWorker(receipt: string, onReports: (reports: readonly VerifyReport[]) => void): Worker {
  const worker = new Worker(new URL('../verify/worker.ts', import.meta.url), { type: 'module' });
  let pending: VerifyReport[] = [];
  const flush = (): void => {
    onReports(pending);
    pending = [];
  };
  const take = (report: VerifyReport): void => {
    if (pending.push(report) === 1) setTimeout(flush, 16);
  };
  worker.addEventListener('message', (event: MessageEvent<VerifyReport>) => take(event.data));
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    take({
      type: 'problem',
      status: 0,
      code: 'VERIFY_CRASHED',
      detail: event.message || 'The worker did not start.',
    });
  });
  worker.postMessage({ receipt, token: accessToken() } satisfies VerifyRequest);
  return worker;
}

function reduce(state: Verification, action: Action): Verification {
  if (action.type === 'start') return { ...nothing, running: true };
  return action.reports.reduce(apply, state);
}

function apply(state: Verification, report: VerifyReport): Verification {
  switch (report.type) {
    case 'step': {
      const { step, state: stepState, detail } = report;
      return { ...state, steps: { ...state.steps, [step]: { state: stepState, detail } } };
    }
    case 'plan':
      return { ...state, cells: report.cells, layers: report.layers, experts: report.experts };
    case 'cell':
      return { ...state, cellStates: new Map(state.cellStates).set(report.name, report.state) };
    case 'pieces':
      return { ...state, pieces: report.pieces };
    case 'tokens':
      return { ...state, agreedTokens: report.agreed, totalTokens: report.total };
    case 'verdict':
      return { ...state, running: false, verdict: report.verdict };
    case 'problem':
      return { ...state, running: false, problem: new Problem(report.status, report.code, report.detail) };
  }
}
