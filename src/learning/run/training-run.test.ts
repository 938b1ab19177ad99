import { CodedError, err, ok } from '../../common/index.js';
import type { CarryOut } from '../trainer/pieces.js';
import type { Trainer } from '../trainer/trainer.js';
import { runTraining } from './training-run.js';

const hooks = {
  ...{ now: () => 0, onStep: () => undefined, onCheck: () => undefined },
  ...{ onKeep: () => Promise.resolve(), pause: () => Promise.resolve(false) },
};
const limits = { steps: 100, milliseconds: Infinity, checkEvery: 2, patience: 100, keepEvery: 4 };

/** A trainer whose loss after so many updates is as given, and whose next update diverges. */
function trainerOf(losses: readonly number[]) {
  const trainer = {
    steps: 0,
    evaluateInPieces: function* () {
      yield;
      return losses[trainer.steps];
    },
    state: () => ({ step: trainer.steps, place: 0, hash: '', values: new Float32Array() }),
    restore: ({ step }: { step: number }) => (trainer.steps = step),
    stepInPieces: function* () {
      yield;
      if (trainer.steps === losses.length - 1) return err(new CodedError('TRAINING_DIVERGED', 'no number'));
      return ok({ step: trainer.steps++, loss: 1 });
    },
  };
  return trainer;
}
const run = (trainer: ReturnType<typeof trainerOf>, carryOut?: CarryOut) =>
  runTraining(trainer as unknown as Trainer, [], limits, { ...hooks, ...(carryOut && { carryOut }) });

describe('a training that diverges', () => {
  it('goes back to its best look and says so', async () => {
    const trainer = trainerOf([3, 3, 2, 5, 9, NaN]);
    const outcome = await run(trainer);
    expect(outcome).toMatchObject({ ok: true, value: { end: 'diverged', best: { step: 2, loss: 2 } } });
    expect(outcome).toMatchObject({ value: { diverged: { code: 'TRAINING_DIVERGED' } } });
    expect(trainer.steps).toBe(2);
    if (outcome.ok) expect(outcome.value.checks.map(({ step }) => step)).toEqual([0, 2, 4]);
  });

  it('looks once more before it gives up what was learnt since', async () => {
    expect(await run(trainerOf([3, 1]))).toMatchObject({ ok: true, value: { best: { step: 1, loss: 1 } } });
  });

  it('is refused where nothing was better than the beginning', async () => {
    for (const losses of [[3], [3, 4], [3, NaN]])
      expect(await run(trainerOf(losses))).toMatchObject({ ok: false, error: { code: 'TRAINING_DIVERGED' } });
  });
});

describe('a training beside other programs', () => {
  it('hands every update and every look to whoever lets them rest', async () => {
    let [works, pieces] = [0, 0];
    const carryOut: CarryOut = async (work) => {
      works++;
      for (;;) {
        const next = work.next();
        if (next.done === true) return next.value;
        pieces++;
        await Promise.resolve();
      }
    };
    // Looks before the first update, after two and after four; five updates, the last of which diverges.
    const outcome = await run(trainerOf([5, 4, 3, 2, 1]), carryOut);
    expect(outcome).toMatchObject({ ok: true, value: { end: 'diverged', best: { step: 4, loss: 1 } } });
    expect([works, pieces]).toEqual([8, 8]);
  });
});
