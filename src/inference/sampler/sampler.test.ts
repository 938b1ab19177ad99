import fc from 'fast-check';
import { checkSampling, GREEDY, logprobs, Sampler, type SamplingParameters } from './index.js';
import { philox, uniform } from './random.js';

const logitsArbitrary = fc
  .array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 2, maxLength: 60 })
  .map((values) => Float32Array.from(values));

/** The share of every token, computed the plain way: an oracle for the bucketed code. */
function plainShares(logits: Float32Array, p: SamplingParameters): Map<number, number> {
  const scaled = [...logits].map((logit) => logit / p.temperature);
  const greatest = Math.max(...scaled);
  const weights = scaled.map((value) => Math.exp(value - greatest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const order = [...weights.keys()].sort((a, b) => scaled[b] - scaled[a] || a - b);
  const kept: number[] = [];
  let sum = 0;
  for (const id of order) {
    if (weights[id] < p.minP || greatest - scaled[id] > 40) break;
    kept.push(id);
    sum += weights[id];
    if (kept.length === p.topK || sum >= p.topP * total) break;
  }
  return new Map(kept.map((id) => [id, weights[id] / sum]));
}

describe('random numbers of the sampler', () => {
  it('has the published vectors of Philox4x32-10', () => {
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    const ones = 0xffffffff;
    expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });

  it('draws numbers in [0, 1) that depend on seed and position', () => {
    const numbers = Array.from({ length: 2000 }, (_, i) => uniform(Number.MAX_SAFE_INTEGER - 3, i));
    expect(numbers.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(Math.abs(numbers.reduce((a, b) => a + b) / 2000 - 0.5)).toBeLessThan(0.03);
    expect(new Set(numbers).size).toBe(2000);
    expect(uniform(1, 5)).not.toBe(uniform(1 + 2 ** 32, 5));
  });
});

describe('sampler', () => {
  const sampled = { ...GREEDY, temperature: 1 };
  const parameters = fc.record({
    temperature: fc.double({ min: 0.05, max: 5, noNaN: true }),
    topP: fc.double({ min: 0.05, max: 1, noNaN: true }),
    topK: fc.integer({ min: 0, max: 20 }),
    minP: fc.double({ min: 0, max: 0.5, noNaN: true }),
    repetitionPenalty: fc.constant(1),
    presencePenalty: fc.constant(0),
    frequencyPenalty: fc.constant(0),
    seed: fc.maxSafeNat(),
  });

  it('takes the greatest logit when greedy, the lowest id among equals', () => {
    expect(new Sampler(GREEDY, []).choose(Float32Array.of(1, 3, 3, 2), 0)).toBe(1);
    fc.assert(
      fc.property(logitsArbitrary, (logits) => {
        expect(new Sampler(GREEDY, []).choose(logits, 7)).toBe(logits.indexOf(Math.max(...logits)));
      }),
    );
  });

  it('only ever draws tokens that top_k, top_p and min_p keep, and the same ones again', () => {
    fc.assert(
      fc.property(logitsArbitrary, parameters, fc.nat(1000), (logits, p, index) => {
        const token = new Sampler(p, []).choose(logits, index);
        expect(new Sampler(p, [1, 0]).choose(logits, index)).toBe(token);
        const share = plainShares(logits, p).get(token);
        // a cut may fall differently where two sums differ in the last place only
        if (share === undefined) {
          const wider = plainShares(logits, {
            ...p,
            topP: Math.min(1, p.topP + 1e-12),
            minP: p.minP * (1 - 1e-12),
          });
          expect(wider.has(token)).toBe(true);
        }
      }),
    );
  });

  it('draws every token as often as its probability says', () => {
    const logits = Float32Array.of(2, 1, 0, -1, 3);
    const counts = new Map<number, number>();
    const draws = 20000;
    for (let i = 0; i < draws; i++) {
      const token = new Sampler({ ...sampled, seed: 42 }, []).choose(logits, i);
      counts.set(token, (counts.get(token) ?? 0) + 1);
    }
    for (const [id, share] of plainShares(logits, sampled)) {
      const spread = Math.sqrt((share * (1 - share)) / draws);
      expect(Math.abs((counts.get(id) ?? 0) / draws - share)).toBeLessThan(5 * spread);
    }
  });

  it('penalises tokens of prompt and answer as documented', () => {
    const logits = Float32Array.of(4, 3.9, -1, -1.05);
    expect(new Sampler({ ...GREEDY, repetitionPenalty: 1.1 }, [0]).choose(logits, 0)).toBe(1);
    const sampler = new Sampler({ ...GREEDY, frequencyPenalty: 0.06 }, [0]);
    expect(sampler.choose(logits, 0)).toBe(0);
    sampler.accept(0);
    expect(sampler.choose(logits, 1)).toBe(0);
    sampler.accept(0);
    expect(sampler.choose(logits, 2)).toBe(1);
    const negative = Float32Array.of(-1, -1.05);
    expect(new Sampler({ ...GREEDY, repetitionPenalty: 1.1 }, [0]).choose(negative, 0)).toBe(1);
    const present = new Sampler({ ...GREEDY, presencePenalty: 0.2 }, []);
    present.accept(0);
    expect(present.choose(logits, 1)).toBe(1);
  });

  it('adds the bias to single tokens, after penalties', () => {
    const logits = Float32Array.of(1, 2, 3);
    const biased = {
      ...GREEDY,
      logitBias: [
        [0, 2.5],
        [2, -1],
        [9, 100],
      ] as const,
    };
    expect(new Sampler(biased, []).choose(logits, 0)).toBe(0);
    expect(new Sampler({ ...biased, presencePenalty: 2 }, []).choose(logits, 0)).toBe(0);
    const penalized = new Sampler({ ...biased, presencePenalty: 2 }, []);
    penalized.accept(0);
    expect(penalized.choose(logits, 1)).toBe(1);
  });

  it('only ever takes tokens that the filter allows, and draws among them as it would among all', () => {
    const allowing = (ids: ReadonlySet<number>) => ({
      allowed: () => {
        const set = new Uint32Array(2);
        for (const id of ids) set[id >>> 5] |= 1 << (id & 31);
        return set;
      },
      accept: () => undefined,
    });
    fc.assert(
      fc.property(
        logitsArbitrary,
        fc.constantFrom(0, 0.7),
        fc.nat(1000),
        fc.nat(),
        (logits, temperature, index, pick) => {
          const ids = new Set(
            [...logits.keys()].filter((id) => (pick >>> (id % 30)) & 1 || id === pick % logits.length),
          );
          const p = { ...GREEDY, temperature, seed: 3 };
          const token = new Sampler(p, [], allowing(ids)).choose(logits, index);
          const alone = Float32Array.from(logits, (logit, id) => (ids.has(id) ? logit : -Infinity));
          expect([ids.has(token), token]).toEqual([true, new Sampler(p, []).choose(alone, index)]);
          expect(
            new Sampler(p, [], { allowed: () => null, accept: () => undefined }).choose(logits, index),
          ).toBe(new Sampler(p, []).choose(logits, index));
        },
      ),
    );
  });

  it('reports log probabilities that belong to a distribution', () => {
    fc.assert(
      fc.property(logitsArbitrary, fc.integer({ min: 0, max: 20 }), (logits, top) => {
        const all = logprobs(logits, 0, logits.length);
        expect(all.top.length).toBeLessThanOrEqual(logits.length);
        expect(all.top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 9);
        const some = logprobs(logits, 0, top);
        expect(some.top).toEqual(all.top.slice(0, top));
        const expected = logits[0] - Math.log([...logits].reduce((sum, x) => sum + Math.exp(x), 0));
        expect(some.logprob).toBeCloseTo(expected, 6);
      }),
    );
  });

  it.each([
    ['temperature', -1],
    ['temperature', NaN],
    ['topP', 0],
    ['topP', 1.01],
    ['topK', 1.5],
    ['minP', 2],
    ['repetitionPenalty', 0],
    ['presencePenalty', Infinity],
    ['seed', -1],
    ['seed', 2 ** 53],
    ['logitBias', []],
    ['logitBias', [[1, 101]]],
    [
      'logitBias',
      [
        [2, 1],
        [1, 1],
      ],
    ],
    ['constraint', { version: 2, schema: '{}' }],
    ['constraint', { version: 1, schema: '{}', more: 1 }],
  ])('refuses %s = %p', (field, value) => {
    expect(checkSampling({ ...GREEDY, [field]: value })).toMatchObject({
      error: { code: 'SAMPLING_PARAMETER', facts: { field } },
    });
  });
});
