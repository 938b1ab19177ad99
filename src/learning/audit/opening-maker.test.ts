import { jest } from '@jest/globals';
import { smallModel, smallWorkshop as workshop, STEPS } from '../../../test/support/small-training.js';
import { createTrainingKernel } from '../../../test/support/training.js';
import { unwrap } from '../../common/index.js';
import { trainedSizes } from '../trainer/state-link.js';
import type { Trainer, TrainerState } from '../trainer/trainer.js';
import { auditOpening } from './audit.js';
import type { AuditFacts } from './audit-facts.js';
import { OpeningMaker } from './opening-maker.js';
import { decodeOpening, encodeOpening } from './opening-codec.js';
import { openRecorded, recordTraining } from './planted/recorded-training.js';

const { plan, documents, sha256, config, encode } = workshop;
const recorded = recordTraining(workshop);
const goOn = () => Promise.resolve(false);

/** States after every second update, as a folder keeps them. */
function keptStates(): TrainerState[] {
  const trainer = workshop.createTrainer(plan, documents);
  const kept = [trainer.state()];
  for (let step = 1; step <= STEPS; step++) {
    unwrap(trainer.step());
    if (step % 2 === 0) kept.unshift(trainer.state());
  }
  return kept;
}

function createMaker(facts: AuditFacts = recorded.facts, pause = goOn, kept = keptStates()) {
  const trainer = workshop.createTrainer(plan, documents);
  const step = jest.spyOn(trainer as Trainer, 'step');
  const stateBefore = (until: number) => {
    const found = kept.find((state) => state.step <= until);
    return found === undefined ? Promise.reject(new Error('no state')) : Promise.resolve(found);
  };
  const training = { facts, trainer, documents, sizes: trainedSizes(config, plan.blocks), stateBefore };
  return { maker: new OpeningMaker(training, sha256, pause), step };
}

describe('the opening of a training', () => {
  it('shows each update as it was made, and passes the audit', async () => {
    const { maker } = createMaker();
    const updates = [];
    for (let step = 0; step < STEPS; step++) updates.push(unwrap(await maker.openingOf(step)));
    expect(updates).toEqual(updates.map(({ step }) => openRecorded(recorded, step)));
    const opening = { updates, end: unwrap(await maker.end()) };
    const sent = unwrap(decodeOpening(encodeOpening(opening)));
    const drawn = updates.map(({ step }) => step);
    const parts = { kernel: createTrainingKernel(), progress: () => undefined };
    expect(
      auditOpening(recorded.facts, drawn, sent, { model: smallModel, encode, sha256, ...parts }),
    ).toEqual({
      ok: true,
      value: undefined,
    });
  });

  it('makes no more updates again than lie behind the nearest state', async () => {
    const { maker, step } = createMaker();
    unwrap(await maker.openingOf(1));
    expect(step).toHaveBeenCalledTimes(1);
    unwrap(await maker.openingOf(4));
    expect(step).toHaveBeenCalledTimes(1);
    unwrap(await maker.openingOf(5));
    expect(step).toHaveBeenCalledTimes(2);
    unwrap(await maker.openingOf(3));
    expect(step).toHaveBeenCalledTimes(3);
  });

  it('refuses where something is not what it was in training', async () => {
    const steps = recorded.facts.steps.map((step, i) => (i === 2 ? { ...step, hash: 'f'.repeat(64) } : step));
    const { maker } = createMaker({ ...recorded.facts, steps });
    expect((await maker.openingOf(2)).ok).toBe(true);
    expect(await maker.openingOf(3)).toMatchObject({
      error: { code: 'OPENING_TRAINING', facts: { step: 2 } },
    });
  });

  it('refuses a kept state of another training, which nothing follows', async () => {
    const kept = keptStates().map((state) => ({ ...state, hash: 'f'.repeat(64) }));
    const { maker } = createMaker(recorded.facts, goOn, kept);
    expect((await maker.openingOf(0)).ok).toBe(true);
    expect(await maker.openingOf(2)).toMatchObject({
      error: { code: 'OPENING_TRAINING', facts: { step: 1 } },
    });
  });

  it('ends when it is told to', async () => {
    const { maker } = createMaker(recorded.facts, () => Promise.resolve(true));
    expect(await maker.openingOf(1)).toMatchObject({ error: { code: 'OPENING_STOPPED' } });
  });
});
