import { DisputeTrials, FAULT_KINDS } from '../../../test/support/dispute-trials.js';

const SEED = Number(process.env.DISPUTE_SEED ?? Date.now() % 1_000_000);

describe('a dispute', () => {
  it(`finds whose bit was flipped, in which layer and operator (seed ${SEED})`, async () => {
    const trials = new DisputeTrials(SEED);
    for (let i = 0; i < 25; i++) {
      const { kind, failure, verdict } = await trials.faulty(FAULT_KINDS[i % FAULT_KINDS.length]);
      expect({ trial: i, kind, failure }).toEqual({ trial: i, kind, failure: null });
      expect(verdict.differs).toBe(true);
    }
  }, 300_000);

  it(`blames nobody when both are honest (seed ${SEED})`, async () => {
    const trials = new DisputeTrials(SEED + 1);
    for (let i = 0; i < 25; i++) {
      const { failure } = await trials.honest();
      expect({ trial: i, failure }).toEqual({ trial: i, failure: null });
    }
  }, 300_000);
});
