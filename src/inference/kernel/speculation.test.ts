import { createEngine, EVERY_PART, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { expectedFingerprints, fingerprint, randomNumbers } from '../../../test/support/schedules.js';
import { unwrap, type Result } from '../../common/index.js';
import type { EngineCore, WorkResult } from './engine-core.js';
import type { EngineLimits } from './index.js';
import type { GenerateEvent, GenerateRequest, GenerateResult } from './requests.js';

/** Few tokens, so that a random model repeats itself often, and breaks off as often. */
const built = randomModel(smallConfig({ layers: 2, experts: 8, vocabSize: 8 }), 'mixed', 5);
const SUBJECTS = 24;

function subjects(seed: number): GenerateRequest[] {
  const random = randomNumbers(seed);
  return Array.from({ length: SUBJECTS }, (_, i) => {
    const motif = Array.from({ length: 3 + random(6) }, () => random(8));
    return {
      release: built.model.release,
      promptIds: Array.from({ length: 10 + random(60) }, (_, j) => motif[j % motif.length]),
      maxTokens: 1 + random(80),
      stopIds: random(4) === 0 ? [random(8)] : [],
      sampling: {
        ...{ temperature: [0, 0, 0.4, 1.2][random(4)], topP: 0.95, topK: 0, minP: 0, seed: 2 ** 50 + i },
        ...{
          repetitionPenalty: [1, 1.05][random(2)],
          presencePenalty: 0,
          frequencyPenalty: [0, 0.05][random(2)],
        },
      },
    };
  });
}

function runAll(engine: EngineCore, requests: readonly GenerateRequest[]): GenerateResult[] {
  const results: Result<WorkResult>[] = [];
  requests.forEach((request, i) =>
    engine.submit(
      i,
      { kind: 'generate', ...request },
      { event: () => undefined, done: (r) => (results[i] = r) },
    ),
  );
  while (engine.busy) engine.step();
  return results.map((result) => unwrap(result) as GenerateResult);
}

const usesOf = (engine: EngineCore) => engine.stats().models[0].experts.map(({ tokens }) => tokens);

describe('guessed tokens', () => {
  it.each([1, 2, 8] as const)('change no chain, no expert count and no total, %d streams', (maxStreams) => {
    const seed = Number(process.env.STEMMA_SCHEDULE_SEED ?? 261_122);
    const requests = subjects(seed);
    const expected = expectedFingerprints(built, requests).map((one) => one.fingerprint);
    for (const prefixCache of [false, true]) {
      const limits: Partial<EngineLimits> = { maxStreams, prefixCache, speculation: true };
      const engine = createEngine(built, limits);
      const found = runAll(engine, requests).map(fingerprint);
      expect({ seed, found }).toEqual({ seed, found: expected });
      const { speculation, kv } = engine.stats();
      expect(kv).toMatchObject({ usedBytes: 0, reservedBytes: 0 });
      if (maxStreams > 2 || prefixCache) continue;
      expect(speculation.accepted).toBeGreaterThan(0);
      expect(speculation.accepted).toBeLessThan(speculation.drafted);
      const plain = createEngine(built, { ...limits, speculation: false });
      runAll(plain, requests);
      expect(usesOf(engine)).toEqual(usesOf(plain));
      expect(engine.stats().steps).toBeLessThan(plain.stats().steps);
      expect(engine.stats().tokensGenerated).toBe(plain.stats().tokensGenerated);
    }
  });

  it('change nothing in a model with every part of all families', () => {
    const other = randomModel(smallConfig({ layers: 3, vocabSize: 8, architecture: EVERY_PART }), 'f16', 3);
    const requests = subjects(7)
      .slice(0, 8)
      .map((request) => ({ ...request, release: other.model.release }));
    const expected = expectedFingerprints(other, requests).map((one) => one.fingerprint);
    const engine = createEngine(other, { maxStreams: 1, speculation: true });
    expect(runAll(engine, requests).map(fingerprint)).toEqual(expected);
    expect(engine.stats().speculation.drafted).toBeGreaterThan(0);
  });

  it('give events in order, one per token, and progress of the prompt alone', () => {
    const request: GenerateRequest = { ...subjects(3)[0], maxTokens: 40, stopIds: [] };
    const events = (speculation: boolean) => {
      const seen: GenerateEvent[] = [];
      const engine = createEngine(built, { speculation });
      let result: Result<WorkResult> | undefined;
      const sink = {
        event: (event: GenerateEvent) => void seen.push(event),
        done: (r: Result<WorkResult>) => (result = r),
      };
      engine.submit(0, { kind: 'generate', ...request }, sink);
      while (!result) engine.step();
      return seen.filter(({ type }) => type !== 'routing');
    };
    expect(events(true)).toEqual(events(false));
  });

  it('are made for a request that wants them, not for one that does not, nor for replays', () => {
    const request: GenerateRequest = { ...subjects(3)[0], maxTokens: 40, stopIds: [] };
    const engine = createEngine(built, { speculation: true });
    const { tokens } = unwrap(
      runWork(engine, { kind: 'generate', ...request, speculative: false }),
    ) as GenerateResult;
    unwrap(runWork(engine, { kind: 'replay', ...request, outputIds: tokens }));
    expect(engine.stats().speculation).toEqual({ drafted: 0, accepted: 0, verifications: 0 });
    const asked = createEngine(built);
    unwrap(runWork(asked, { kind: 'generate', ...request, speculative: true }));
    expect(asked.stats().speculation.drafted).toBeGreaterThan(0);
  });
});
