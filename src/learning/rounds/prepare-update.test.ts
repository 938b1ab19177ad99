import { unwrap } from '../../common/index.js';
import { SMALL_TERMS, smallBase } from '../../../test/support/round-base.js';
import { norm } from '../checks/similarity.js';
import type { Delta } from '../delta/delta-codec.js';
import {
  carriedOf,
  decodeCarried,
  encodeCarried,
  joinedCarried,
  NOTHING_CARRIED,
  type Carried,
  type CarriedState,
} from './carried-state.js';
import { prepareUpdate, type UpdateWish } from './prepare-update.js';
import { deltaName, type RoundBase } from './round-base.js';
import { readRoundUpdate, SALT_BYTES } from './round-update.js';
import type { RoundTerms } from './terms.js';

const WISH: UpdateWish = {
  ...{ plan: { rank: 0, share: 1, bits: 8 }, beta: 0, feedback: true },
  ...{ before: NOTHING_CARRIED, salt: new Uint8Array(SALT_BYTES).fill(7) },
};
const PRIVATE: RoundTerms = {
  ...{ ...SMALL_TERMS, aggregator: 'mean', faulty: 0 },
  privacy: { clip: 0.5, noise_multiplier: 1, epsilon: 8, delta: 1e-5 },
};

let base: RoundBase;
beforeAll(async () => {
  base = await smallBase();
});

function changesOf(valueAt: (place: number) => number): Delta {
  return new Map(
    base.tensors.map((tensor) => {
      const { rows, columns, offset } = tensor;
      const values = Float32Array.from({ length: rows * columns }, (_, i) => valueAt(offset + i));
      return [deltaName(tensor), { rows, columns, values }];
    }),
  );
}

const whole = (delta: Delta) => Float32Array.from([...delta.values()].flatMap(({ values }) => [...values]));
const read = (bytes: Uint8Array, terms = SMALL_TERMS) => unwrap(readRoundUpdate(bytes, base, terms));
const distance = (a: Float32Array, b: Float32Array) => norm(a.map((value, i) => value - b[i]));

describe('an update of a member', () => {
  it.each([
    ['with', true],
    ['without', false],
  ])(
    '%s feedback: what rounds send together comes to what was trained, or stays away from it',
    (_, feedback) => {
      const [trained, sent] = [new Float32Array(base.size), new Float32Array(base.size)];
      const errors: number[] = [];
      let before = NOTHING_CARRIED;
      for (let round = 0; round < 80; round++) {
        const changes = changesOf((place) => Math.sin(place) / 1_000 + Math.sin(place * (round + 2)) / 4_000);
        const wish = { ...WISH, plan: { rank: 0, share: 0.1, bits: 8 } as const, before, feedback };
        const { bytes, after } = unwrap(prepareUpdate(SMALL_TERMS, base, changes, wish));
        whole(changes).forEach((value, i) => (trained[i] += value));
        read(bytes).forEach((value, i) => (sent[i] += value));
        // As a member keeps it: in a file.
        before = decodeCarried(encodeCarried({ round: 'r', commitment: 'c', before, after }))!.after;
        errors.push(distance(sent, trained) / norm(trained));
      }
      expect(errors[0]).toBeGreaterThan(0.7);
      if (feedback) {
        // What is missing is what is kept, and that does not grow: its share falls as the number of rounds rises.
        expect(
          distance(
            sent.map((value, i) => value + whole(before.rest)[i]),
            trained,
          ),
        ).toBeLessThan(1e-4);
        expect(errors[39]).toBeLessThan(0.15);
        expect(errors[79]).toBeLessThan(0.6 * errors[39]);
      } else {
        expect(before.rest.size).toBe(0);
        const changes = changesOf(() => 0.001);
        const kept = { momentum: new Map(), rest: changesOf(() => 0.5) };
        const made = (from: Carried) =>
          unwrap(prepareUpdate(SMALL_TERMS, base, changes, { ...WISH, feedback, before: from })).bytes;
        expect(made(kept)).toEqual(made(NOTHING_CARRIED));
        expect(errors[79]).toBeGreaterThan(0.4);
      }
    },
  );

  it('is the mean with what was sent before, where it has momentum', () => {
    const [first, second] = [changesOf(() => 0.004), changesOf(() => -0.004)];
    const wish = { ...WISH, beta: 0.75 };
    const { bytes, after } = unwrap(prepareUpdate(SMALL_TERMS, base, first, wish));
    expect(read(bytes)[5]).toBeCloseTo(0.004, 6);
    const next = unwrap(prepareUpdate(SMALL_TERMS, base, second, { ...wish, before: after }));
    expect(read(next.bytes)[5]).toBeCloseTo(0.002, 5);
    const off = unwrap(prepareUpdate(SMALL_TERMS, base, second, { ...WISH, before: after }));
    expect(read(off.bytes)[5]).toBeCloseTo(-0.004, 5);
    expect(off.after.momentum.size).toBe(0);
    // Another shape than before: nothing fits, and it begins afresh.
    const odd = new Map([...after.momentum].map(([name, matrix]) => [name, { ...matrix, rows: 1 }]));
    const fresh = { ...wish, before: { momentum: odd, rest: NOTHING_CARRIED.rest } };
    const begun = unwrap(prepareUpdate(SMALL_TERMS, base, second, fresh));
    expect(read(begun.bytes)[5]).toBeCloseTo(-0.004, 5);
  });

  it.each([
    ['as long as the terms allow', SMALL_TERMS, 2],
    ['as short as a private round needs it', PRIVATE, 0.5],
  ])('is made %s, by each way of compressing', (_, terms, longest) => {
    const changes = changesOf((place) => 1 + Math.sin(place));
    for (const plan of [
      { rank: 0, share: 1, bits: 2 },
      { rank: 4, share: 0, bits: 8 },
      { rank: 1, share: 0.1, bits: 8 },
    ] as const) {
      const { bytes } = unwrap(prepareUpdate(terms, base, changes, { ...WISH, plan }));
      const length = norm(read(bytes, terms)) / base.length;
      expect(length).toBeLessThanOrEqual(longest);
      expect(length).toBeGreaterThan(0.5 * longest);
    }
    const odd = prepareUpdate(
      terms,
      base,
      changesOf((place) => (place === 9 ? NaN : 0)),
      WISH,
    );
    expect(odd).toMatchObject({ error: { code: 'ROUND_TRAINING' } });
  });

  it('begins with secret bytes in a private round alone', () => {
    const changes = changesOf((place) => Math.sin(place) / 1_000);
    const bytes = (terms: RoundTerms, salt = WISH.salt) =>
      unwrap(prepareUpdate(terms, base, changes, { ...WISH, salt })).bytes;
    const [open, closed] = [bytes(SMALL_TERMS), bytes(PRIVATE)];
    expect(bytes(SMALL_TERMS, new Uint8Array(SALT_BYTES))).toEqual(open);
    expect(bytes(PRIVATE, new Uint8Array(SALT_BYTES))).not.toEqual(closed);
    expect(closed.subarray(0, SALT_BYTES)).toEqual(WISH.salt);
    expect(closed.subarray(SALT_BYTES)).toEqual(open);
    expect(read(closed, PRIVATE)).toEqual(read(open));
    expect(readRoundUpdate(open, base, PRIVATE)).toMatchObject({ error: { code: 'DELTA_FORMAT' } });
    expect(readRoundUpdate(closed, base, SMALL_TERMS)).toMatchObject({ error: { code: 'DELTA_FORMAT' } });
    expect(readRoundUpdate(new Uint8Array(9), base, PRIVATE)).toMatchObject({
      error: { code: 'DELTA_FORMAT' },
    });
  });
});

describe('what a member keeps', () => {
  const delta = (name: string, ...values: number[]): Delta =>
    new Map([[name, { rows: 1, columns: values.length, values: Float32Array.from(values) }]]);
  const state: CarriedState = {
    ...{ round: 'round_1', commitment: 'a'.repeat(64) },
    before: { momentum: delta('layer0.expert1/up', 1, 2), rest: new Map() },
    after: { momentum: delta('layer0.expert1/up', 3, 4), rest: delta('layer0.expert12/up', -0.5) },
  };

  it('is read as it was written, and not at all where a byte of it is another one', () => {
    const bytes = encodeCarried(state);
    expect(decodeCarried(bytes)).toEqual(state);
    for (let at = 0; at < bytes.length; at++)
      expect(decodeCarried(bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)))).toBeNull();
    for (let length = 0; length < bytes.length; length++)
      expect(decodeCarried(bytes.subarray(0, length))).toBeNull();
  });

  it('is kept of each expert for itself', () => {
    const one = carriedOf('layer0.expert1', state.after);
    expect([one.momentum.size, one.rest.size]).toEqual([1, 0]);
    const other = carriedOf('layer0.expert12', state.after);
    expect([other.momentum.size, other.rest.size]).toEqual([0, 1]);
    expect(joinedCarried([one, other])).toEqual(state.after);
  });
});
