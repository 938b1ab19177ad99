import { randomModel, smallConfig } from '../../../test/support/engine.js';
import { ok, unwrap } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { MemoryBlockSource } from '../kernel/index.js';
import { GREEDY } from '../sampler/index.js';
import { PlainWitness } from './plain-witness.js';
import { PlainWeights } from './referee/weights.js';
import { settle } from './settle.js';
import type { Witness } from './witness.js';

const built = randomModel(smallConfig({ vocabSize: 40 }), 'int8', 3);
const weights = new PlainWeights(built.model, new MemoryBlockSource(built.payloads, nativeSha256));
const referee = { weights, sha256: nativeSha256 };
const question = {
  ...{ release: built.model.release, kernelHash: '0'.repeat(64), promptIds: [3, 1, 4] },
  ...{ sampling: GREEDY, salt: new Uint8Array(32) },
};
const TOKENS = 100;

let honest: PlainWitness;
let faulty: PlainWitness;

beforeAll(async () => {
  honest = unwrap(await PlainWitness.answer(question, TOKENS, referee));
  const tamper = (place: { position: number; section: number; operator: string }, value: Float32Array) => {
    if (place.position === 50 && place.section === 1 && place.operator === 'key') value[5] += 1;
  };
  faulty = unwrap(await PlainWitness.answer(question, TOKENS, { ...referee, tamper }));
});

/** The faulty side with some answers replaced. */
const withAnswers = (answers: Partial<Witness>): Witness =>
  Object.assign(Object.create(faulty) as Witness, answers);

describe('a side of a dispute', () => {
  it('is found out by an operator that cost far less than 1 % of the answer', async () => {
    const { wrong, place, values, work } = unwrap(await settle(faulty, honest, referee));
    expect(wrong).toEqual(['a']);
    expect(place).toMatchObject({ position: 50, layer: 0, operator: 'key', index: 5, rank: null });
    expect(values?.b).toBe(values?.right);
    expect(work.referee).toBe(2 * 16 * 64);
    expect(work.referee / work.generation).toBeLessThan(0.01);
  });

  it.each<[string, () => Partial<Witness>]>([
    ['other states', () => ({ states: (first, end) => honest.states(first, end) })],
    ['no states', () => ({ states: async () => ok([]) })],
    ['sections of another position', () => ({ sections: () => faulty.sections(3) })],
    ['operators of another section', () => ({ operators: (position) => faulty.operators(position, 2) })],
    ['values that are not its own', () => ({ value: (place) => honest.value(place) })],
    ['values of another length', () => ({ value: async () => ok(new Float32Array(3)) })],
  ])('that gives %s has contradicted itself', async (_, answers) => {
    const { wrong, differs } = unwrap(await settle(honest, withAnswers(answers()), referee));
    expect([differs, wrong]).toEqual([true, ['b']]);
  });

  it('cannot hide behind a trace of honest values', async () => {
    const trace: Partial<Witness> = {
      positions: (count) => honest.positions(count),
      sections: (position) => honest.sections(position),
      operators: (position, section) => honest.operators(position, section),
      value: (place) => honest.value(place),
    };
    const { wrong, place } = unwrap(await settle(withAnswers(trace), honest, referee));
    expect(wrong).toEqual(['a']);
    expect(['commitment', 'sample']).toContain(place?.operator);
  });

  it('that was asked something else, or ended earlier, is not blamed', async () => {
    const asked = unwrap(await PlainWitness.answer({ ...question, promptIds: [3, 1, 5] }, 3, referee));
    expect(unwrap(await settle(honest, asked, referee))).toMatchObject({
      ...{ differs: true, wrong: [], place: { operator: 'request' } },
    });
    const shorter = unwrap(await PlainWitness.answer(question, 64, referee));
    expect(unwrap(await settle(honest, shorter, referee))).toMatchObject({
      ...{ differs: true, wrong: [], place: { operator: 'finish', token: 64 } },
    });
  });
});
