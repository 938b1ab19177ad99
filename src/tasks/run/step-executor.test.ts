import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { EventBus, ok, type Json, type Result } from '../../common/index.js';
import type { StepContext, StepHandler } from '../steps/step-handler.js';
import type { StepRegistry } from '../steps/step-registry.js';
import type { ClaimedStep, StepClaims } from './step-claims.js';
import { StepExecutor } from './step-executor.js';
import type { StepQueue } from './step-queue.js';
import type { StepSettlement } from './step-settlement.js';

/** An executor with one claimed step, and what was noted about it. */
function setup(
  run: StepHandler['run'],
  { kept = null, leasedMs = 60_000 }: { kept?: Json; leasedMs?: number } = {},
) {
  const noted: (Result<Json> | 'interrupted')[] = [];
  const keptNow: Json[] = [];
  const events = new EventBus();
  const gate = new AutonomyGate();
  const claimed = {
    ...{ task: { id: 'task_1' }, step: { index: 0, type: 'slow', kept }, attempt: 1, outputs: [] },
    leaseEnds: performance.now() + leasedMs,
    timeEnds: performance.now() + 3_600_000,
  } as unknown as ClaimedStep;
  const executor = new StepExecutor(
    { of: () => ok({ type: 'slow', timeoutMs: 3_600_000, run }) } as unknown as StepRegistry,
    {
      claim: () => Promise.resolve(claimed),
      alive: () => Promise.resolve(true),
      keep: (_: ClaimedStep, value: Json) => Promise.resolve(void keptNow.push(value)),
    } as unknown as StepClaims,
    {
      settle: (_: ClaimedStep, outcome: Result<Json>) => Promise.resolve(void noted.push(outcome)),
      interrupted: () => Promise.resolve(void noted.push('interrupted')),
    } as unknown as StepSettlement,
    { stopSignal: new AbortController().signal } as unknown as StepQueue,
    events,
    gate,
  );
  const stop = () => {
    gate.guardBy(() => ({ allowed: false, reason: 'stopped by ada' }));
    events.emit('autonomy.changed', { stopped: true, by: 'ada', reason: 'fire' });
  };
  return { noted, keptNow, stop, work: () => executor.work({ task: 'task_1', step: 0 }, 'worker') };
}

const never = () => new Promise<never>(() => undefined);

it('a step whose lease is over does not go on beside whoever may take it now, and is not counted', async () => {
  const { work, noted } = setup(never, { leasedMs: 0 });
  await work();
  expect(noted).toEqual(['interrupted']);
});

describe('the emergency stop', () => {
  it('ends a running step, which is given back and not counted', async () => {
    const began = Promise.withResolvers<StepContext>();
    const { work, noted, stop } = setup((_, context) => {
      began.resolve(context);
      return never();
    });
    const worked = work();
    const { signal } = await began.promise;
    stop();
    await worked;
    expect([signal.aborted, noted]).toEqual([true, ['interrupted']]);
  });

  it('comes before the first line of a step that was claimed just before', async () => {
    let ran = false;
    const { work, noted, stop } = setup(() => {
      ran = true;
      return Promise.resolve(ok('done'));
    });
    stop();
    await work();
    expect([ran, noted]).toEqual([false, ['interrupted']]);
  });

  it.each([
    ['has prepared its effect', null],
    ['goes on with an effect that an earlier attempt prepared', 'prepared'],
  ])('lets a step finish that %s', async (_, kept) => {
    const prepared = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { work, noted, stop } = setup(
      async (_parameters, { keep, signal }) => {
        if (kept === null) await keep('prepared');
        prepared.resolve();
        await goOn.promise;
        return ok(signal.aborted ? 'aborted' : 'done');
      },
      { kept },
    );
    const worked = work();
    await prepared.promise;
    stop();
    goOn.resolve();
    await worked;
    expect(noted).toEqual([ok('done')]);
  });

  it('keeps a step that does not heed it from preparing an effect', async () => {
    const began = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const refused = Promise.withResolvers<unknown>();
    const { work, noted, keptNow, stop } = setup(async (_, { keep }) => {
      began.resolve();
      await goOn.promise;
      await keep('late').catch(refused.resolve);
      return ok('done');
    });
    const worked = work();
    await began.promise;
    stop();
    await worked;
    goOn.resolve();
    expect(await refused.promise).toMatchObject({ code: 'STEP_STOPPED' });
    expect([noted, keptNow]).toEqual([['interrupted'], []]);
  });
});
