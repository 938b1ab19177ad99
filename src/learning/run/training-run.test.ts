import { CodedError, err, ok } from '../../common/index.js';
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
    evaluate: () => losses[trainer.steps],
    state: () => ({ step: trainer.steps, place: 0, hash: '', values: new Float32Array() }),
    restore: ({ step }: { step: number }) => (trainer.steps = step),
    step: () => {
      if (trainer.steps === losses.length - 1) return err(new CodedError('TRAINING_DIVERGED', 'no number'));
      return ok({ step: trainer.steps++, loss: 1 });
    },
  };
  return trainer;
}
const run = (trainer: ReturnType<typeof trainerOf>) =>
  runTraining(trainer as unknown as Trainer, [], limits, hooks);

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
