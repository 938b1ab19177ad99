import { createEngine, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { unwrap } from '../../common/index.js';
import { decodeTrace, POLICY_NAMES, createPolicy } from '../kernel/index.js';
import { GREEDY } from '../sampler/index.js';
import { Clairvoyant } from './clairvoyant.js';
import { bestPolicy, CURVE_NAMES, defaultSizes, hitRate, replayTrace, studyTrace } from './study.js';
import { syntheticTrace } from './synthetic-trace.js';
import { openTrace, type TraceTurns, type Turn } from './turns.js';

/** A trace from lists of experts, one per layer and pass. */
function traceOf(layers: number, experts: number, used: readonly (readonly number[])[]): TraceTurns {
  const shape = { layers, experts, expertsPerToken: 1, expertBytes: 100, predictions: false, skipped: 0 };
  const turns: Turn[] = used.map((list) => ({ used: list, predicted: [] }));
  return { header: { release: 'test', ...shape }, steps: used.length / layers, turns };
}

/** The fewest misses that any choice of victims leads to, by trying all (one expert per turn, one layer). */
function fewestMisses(used: readonly number[], places: number): number {
  let states = new Map<string, number>([['', 0]]);
  for (const expert of used) {
    const next = new Map<string, number>();
    const reach = (inside: readonly number[], misses: number) => {
      const key = [...inside].sort().join();
      next.set(key, Math.min(misses, next.get(key) ?? Infinity));
    };
    for (const [key, misses] of states) {
      const inside = key === '' ? [] : key.split(',').map(Number);
      if (inside.includes(expert)) reach(inside, misses);
      else if (inside.length < places) reach([...inside, expert], misses + 1);
      else inside.forEach((victim) => reach([...inside.filter((i) => i !== victim), expert], misses + 1));
    }
    states = next;
  }
  return Math.min(...states.values());
}

describe('cache lab', () => {
  it('counts, under every policy and size, what the engine counts on the same passes', () => {
    const built = randomModel(smallConfig({ layers: 3, experts: 8, vocabSize: 60 }), 'int8', 5);
    const expertBytes = Math.max(
      ...built.model.blocks.map(({ name, payloadSize }) => (name.includes('expert') ? payloadSize : 0)),
    );
    for (const policy of POLICY_NAMES) {
      for (const places of [1, 2, 5, 9, 24]) {
        const limits = { expertCacheBytes: places * expertBytes, experts: { policy, traceBytes: 1 << 16 } };
        const engine = createEngine(built, limits);
        for (const first of [1, 2, 3]) {
          const promptIds = Array.from({ length: 20 }, (_, i) => (first * i) % 60);
          const request = { release: built.model.release, promptIds, maxTokens: 15, stopIds: [] };
          unwrap(runWork(engine, { kind: 'generate', ...request, sampling: GREEDY }));
        }
        const trace = openTrace(unwrap(decodeTrace(engine.trace(built.model.release)!)));
        const { hits, misses } = engine.stats().cache;
        expect(replayTrace(trace, createPolicy(policy), places)).toMatchObject({ hits, misses });
        expect([policy, places, misses > 24]).toEqual([policy, places, places < 24]);
      }
    }
  });

  it('finds the fewest misses there can be', () => {
    let seed = 3;
    const random = (below: number) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 3) % below;
    for (let trial = 0; trial < 60; trial++) {
      const used = Array.from({ length: 16 }, () => random(5));
      const trace = traceOf(
        1,
        5,
        used.map((expert) => [expert]),
      );
      for (const places of [1, 2, 3]) {
        const { misses } = replayTrace(trace, new Clairvoyant(trace), places);
        expect({ trial, misses }).toEqual({ trial, misses: fewestMisses(used, places) });
      }
    }
  });

  it('puts the optimum above every policy, and every curve at the same ends', () => {
    const model = { layers: 4, experts: 16, expertsPerToken: 3, expertBytes: 1000, steps: 200, seed: 9 };
    const trace = openTrace(syntheticTrace(model));
    const study = studyTrace(trace, defaultSizes(trace));
    for (const size of study.sizes) {
      for (const name of CURVE_NAMES) expect(size.misses[name]).toBeGreaterThanOrEqual(size.misses.belady);
      expect(size.misses[bestPolicy(size)]).toBe(Math.min(...POLICY_NAMES.map((name) => size.misses[name])));
    }
    const full = study.sizes.at(-1)!;
    expect(full.places).toBe(64);
    const first = new Set(
      trace.turns.flatMap(({ used }, turn) => used.map((expert) => `${turn % 4}.${expert}`)),
    );
    for (const name of CURVE_NAMES) expect(full.misses[name]).toBe(first.size);
    expect(hitRate(study, full, 'lru')).toBeCloseTo(1 - first.size / (200 * 4 * 3));
  });

  it('makes the same synthetic trace from the same seed, with popular experts and locality', () => {
    const model = { layers: 2, experts: 64, expertsPerToken: 8, expertBytes: 1, steps: 300, seed: 4 };
    expect(syntheticTrace(model).records).toEqual(syntheticTrace(model).records);
    expect(syntheticTrace({ ...model, seed: 5 }).records).not.toEqual(syntheticTrace(model).records);
    const { turns } = openTrace(syntheticTrace(model));
    expect(turns.every(({ used }) => used.length === 8)).toBe(true);
    const again = turns.slice(2).map(({ used }, i) => used.filter((e) => turns[i].used.includes(e)).length);
    // by chance alone it would be 8 * 8 / 64 = 1
    expect(again.reduce((sum, count) => sum + count, 0) / again.length).toBeGreaterThan(2);
  });

  it('replays the latest passes of a long trace', () => {
    const model = { layers: 1, experts: 8, expertsPerToken: 1, expertBytes: 1, steps: 5, seed: 1 };
    const long = syntheticTrace({ ...model, steps: (1 << 18) + 5 });
    const opened = openTrace(long);
    expect(opened.steps).toBe(1 << 18);
    expect(opened.turns.at(-1)!.used).toHaveLength(1);
  });
});
