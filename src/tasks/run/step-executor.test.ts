import { err, EventBus, ok, type CodedError, type Json, type Result } from '../../common/index.js';
import type { StepRegistry } from '../steps/step-registry.js';
import type { ClaimedStep, StepClaims } from './step-claims.js';
import { StepExecutor } from './step-executor.js';
import type { StepQueue } from './step-queue.js';
import type { StepSettlement } from './step-settlement.js';

it('a step whose lease is over does not go on beside whoever may take it now', async () => {
  const settled: Result<Json>[] = [];
  const handler = { type: 'slow', timeoutMs: 3_600_000, run: () => new Promise(() => undefined) };
  const claimed = {
    ...{ task: { id: 'task_1' }, step: { index: 0, type: 'slow', kept: null }, attempt: 1, outputs: [] },
    leaseEnds: performance.now(),
  } as unknown as ClaimedStep;
  const executor = new StepExecutor(
    { of: () => ok(handler) } as unknown as StepRegistry,
    { claim: () => Promise.resolve(claimed) } as unknown as StepClaims,
    {
      settle: (_: ClaimedStep, outcome: Result<Json>) => Promise.resolve(void settled.push(outcome)),
    } as unknown as StepSettlement,
    { stopSignal: new AbortController().signal } as unknown as StepQueue,
    new EventBus(),
  );
  await executor.work({ task: 'task_1', step: 0 }, 'worker');
  expect(settled).toEqual([err(expect.objectContaining({ code: 'STEP_TIMEOUT' }) as CodedError)]);
});
