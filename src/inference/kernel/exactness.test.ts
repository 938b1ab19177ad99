import fc from 'fast-check';
import { createEngine, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { bytesToHex, unwrap, type Result } from '../../common/index.js';
import { GREEDY, type SamplingParameters } from '../sampler/index.js';
import type { WorkResult } from './engine-core.js';
import type { GenerateRequest, GenerateResult, ReplayResult } from './requests.js';

const built = randomModel(smallConfig({ experts: 6, expertsPerToken: 2, layers: 3 }), 'mixed', 11);
const { release } = built.model;
const expertBytes = Math.max(
  ...built.model.blocks.filter(({ name }) => name.includes('expert')).map(({ payloadSize }) => payloadSize),
);
const SAMPLED: SamplingParameters = {
  ...{ temperature: 1.1, topP: 0.95, topK: 0, minP: 0.01 },
  ...{ repetitionPenalty: 1.1, presencePenalty: 0.3, frequencyPenalty: 0.1, seed: 2 ** 52 + 17 },
};

/** Requests of several lengths, greedy and sampled. */
const requests = Array.from({ length: 8 }, (_, i): GenerateRequest => ({
  release,
  promptIds: Array.from({ length: 1 + ((i * 13) % 70) }, (_, j) => (i * 31 + j * 7) % 100),
  maxTokens: 5 + ((i * 11) % 40),
  stopIds: [],
  sampling: i % 2 === 0 ? { ...SAMPLED, seed: SAMPLED.seed + i } : GREEDY,
}));

/** The one right chain of every request: computed alone, with all experts in memory. */
const expected = requests.map((request) => {
  const engine = createEngine(built);
  return unwrap(runWork(engine, { kind: 'generate', ...request })) as GenerateResult;
});
const chain = ({ states }: { states: readonly Uint8Array[] }) => states.map(bytesToHex);

describe('one single chain', () => {
  it('whatever else runs, whenever it joins, however small the expert cache', () => {
    const schedules = fc.record({
      streams: fc.integer({ min: 1, max: 8 }),
      slots: fc.integer({ min: 1, max: 18 }),
      arrivals: fc.array(fc.record({ request: fc.nat(7), wait: fc.nat(12) }), {
        minLength: 1,
        maxLength: 12,
      }),
    });
    fc.assert(
      fc.property(schedules, ({ streams, slots, arrivals }) => {
        const engine = createEngine(built, { maxStreams: streams, expertCacheBytes: slots * expertBytes });
        const results = arrivals.map((): Result<WorkResult> | undefined => undefined);
        arrivals.forEach(({ request, wait }, i) => {
          const sink = {
            event: () => undefined,
            done: (value: Result<WorkResult>) => void (results[i] = value),
          };
          engine.submit(i, { kind: 'generate', ...requests[request] }, sink);
          for (let step = 0; step < wait; step++) engine.step();
        });
        while (engine.busy) engine.step();
        arrivals.forEach(({ request }, i) => {
          const answer = unwrap(results[i]!) as GenerateResult;
          expect(chain(answer)).toEqual(chain(expected[request]));
          expect(answer.experts).toEqual(expected[request].experts);
        });
        const { kv, cache } = engine.stats();
        expect(kv.usedBytes + kv.reservedBytes).toBe(0);
        expect(cache.bytes).toBeLessThanOrEqual(slots * expertBytes);
      }),
      { numRuns: 25 },
    );
  });

  it('is found again by a replay in large steps, beside other work', () => {
    requests.forEach((request, i) => {
      const engine = createEngine(built);
      let other: Result<WorkResult> | undefined;
      const beside = { kind: 'generate', ...requests[(i + 1) % 8] } as const;
      engine.submit(7, beside, { event: () => undefined, done: (value) => (other = value) });
      const { promptIds, sampling } = request;
      const replay = { kind: 'replay', release, promptIds, sampling, outputIds: expected[i].tokens } as const;
      const replayed = unwrap(runWork(engine, replay)) as ReplayResult;
      while (!other) engine.step();
      expect(chain(replayed)).toEqual(chain(expected[i]));
      expect(replayed.picks).toEqual(expected[i].tokens);
      expect(replayed.experts).toEqual(expected[i].experts);
    });
  });

  it('changes when one bit of one weight changes', () => {
    const payloads = new Map(built.payloads);
    const payload = payloads.get('head')!.slice();
    payload[payload.length - 700] ^= 1;
    payloads.set('head', payload);
    const model = { ...built.model, blocks: built.model.blocks };
    const engine = createEngine(
      { model, payloads },
      {},
      {
        read: (block, target) => {
          target.set(payloads.get(block.name)!);
          return { ok: true, value: undefined };
        },
      },
    );
    const answer = unwrap(runWork(engine, { kind: 'generate', ...requests[1] })) as GenerateResult;
    expect(bytesToHex(answer.states[0])).not.toBe(bytesToHex(expected[1].states[0]));
  });
});
