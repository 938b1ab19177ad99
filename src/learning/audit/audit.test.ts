import {
  smallModel as model,
  smallWorkshop as workshop,
  STEPS,
} from '../../../test/support/small-training.js';
import { createTrainingKernel } from '../../../test/support/training.js';
import { concatBytes } from '../../common/index.js';
import type { Pieces } from '../trainer/pieces.js';
import { auditOpening } from './audit.js';
import { checkEnd } from './end-check.js';
import type { OpenedExample } from './opening.js';
import { plantTrainings, type PlantedTraining } from './planted/forgeries.js';
import { openEnd, openRecorded, recordTraining } from './planted/recorded-training.js';
import { UpdateReplayer } from './update-replayer.js';

const { config, encode, sha256 } = workshop;
const planted = plantTrainings(workshop);
const [honest] = planted;
const steps = Array.from({ length: STEPS }, (_, step) => step);

describe('the audit of a training', () => {
  it('has an honest training and forgeries to be measured by', () => {
    expect(honest.name).toBe('honest');
    expect(planted.length).toBeGreaterThan(12);
    const isForged = ({ expectedAt, expectedEnd, expectedData }: PlantedTraining) =>
      steps.some((step) => expectedAt(step) !== null) || expectedEnd !== null || expectedData !== null;
    expect(planted.map(isForged)).toEqual(planted.map((_, i) => i > 0));
  });

  it.each(planted.map((training) => [training.name, training] as const))(
    'judges each update of a training that is: %s',
    (_, { facts, end, open, expectedAt, expectedEnd }) => {
      const replayer = new UpdateReplayer(facts, model, createTrainingKernel(), sha256);
      const codeOf = (step: number) => {
        const found = replayer.replay(open(step));
        return found.ok ? null : found.error.code;
      };
      expect(steps.map(codeOf)).toEqual(steps.map(expectedAt));
      // In any order and again: nothing of one replay is left for the next.
      expect([...steps].reverse().map(codeOf)).toEqual([...steps].reverse().map(expectedAt));
      const whole = checkEnd(facts, end, { config, encode, sha256 });
      expect(whole.ok ? null : whole.error.code).toBe(expectedEnd);
    },
  );

  it('objects to data that are not what is said of them, each update by itself', () => {
    // Where something else is wrong, the data are not looked at any more.
    const ofData = planted.filter(({ expectedAt, expectedEnd }) => expectedAt(0) === null && !expectedEnd);
    expect(ofData.map(({ expectedData }) => expectedData)).toEqual(
      expect.arrayContaining([null, 'AUDIT_DATASETS', 'AUDIT_DATASET_UNNAMED']),
    );
    for (const { name, dataAt, expectedData } of ofData)
      expect([name, ...steps.map(dataAt)]).toEqual([name, ...steps.map(() => expectedData)]);
  });

  it('is of the updates that were drawn, all of them', () => {
    const audit = (drawn: readonly number[], shown: readonly number[]) => {
      const done: number[] = [];
      const found = auditOpening(
        honest.facts,
        drawn,
        { updates: shown.map((step) => honest.open(step)), end: honest.end },
        { model, encode, kernel: createTrainingKernel(), sha256, progress: (count) => done.push(count) },
      );
      return { code: found.ok ? null : found.error.code, done };
    };
    expect(audit([1, 4], [1, 4])).toEqual({ code: null, done: [1, 2] });
    expect(audit([1, 4], [1])).toEqual({ code: 'AUDIT_DRAWN', done: [] });
    expect(audit([1, 4], [1, 3])).toEqual({ code: 'AUDIT_DRAWN', done: [] });
  });

  it('finds the same where it rests between pieces', () => {
    let pieces = 0;
    const carryOut = <T>(work: Pieces<T>): T => {
      for (;;) {
        const next = work.next();
        if (next.done === true) return next.value;
        pieces += 1;
      }
    };
    const opening = { updates: [honest.open(1)], end: honest.end };
    const parts = {
      model,
      encode,
      kernel: createTrainingKernel(),
      sha256,
      carryOut,
      progress: () => undefined,
    };
    expect(auditOpening(honest.facts, [1], opening, parts)).toEqual({ ok: true });
    expect(pieces).toBeGreaterThan(4);
  });

  it('takes no document that the model cannot read, and no update that is not there', () => {
    const replayer = new UpdateReplayer(honest.facts, model, createTrainingKernel(), sha256);
    const opening = honest.open(0);
    const [first, ...rest] = opening.examples;
    const unreadable: Partial<OpenedExample>[] = [
      ...[{ ids: [1] }, { ids: [1, 40] }, { ids: [1, -1] }],
      ...[{ firstTarget: 0 }, { firstTarget: 99 }],
    ];
    for (const changes of unreadable)
      expect(replayer.replay({ ...opening, examples: [{ ...first, ...changes }, ...rest] })).toMatchObject({
        error: { code: 'AUDIT_EXAMPLES' },
      });
    expect(replayer.replay({ ...opening, examples: [] })).toMatchObject({ error: { code: 'AUDIT_ORDER' } });
    expect(replayer.replay({ ...opening, state: opening.state.subarray(1) })).toMatchObject({
      error: { code: 'AUDIT_STATE' },
    });
    for (const step of [-1, STEPS])
      expect(replayer.replay({ ...opening, step })).toMatchObject({ error: { code: 'AUDIT_STATE' } });
  });

  it('takes an end whose hashes are cut elsewhere for none', () => {
    const recorded = recordTraining(workshop);
    const { values: end, moments } = openEnd(recorded, workshop);
    const parts = { config, encode, sha256 };
    expect(checkEnd(recorded.facts, { values: end, moments }, parts).ok).toBe(true);
    const [one, two, ...others] = moments;
    const cut = [concatBytes(one, two.subarray(0, 1)), two.subarray(1), ...others];
    expect(checkEnd(recorded.facts, { values: end, moments: cut }, parts)).toMatchObject({
      error: { code: 'AUDIT_WEIGHTS' },
    });
    expect(openRecorded(recorded, 0).state).toHaveLength(end.length * 3);
  });
});
