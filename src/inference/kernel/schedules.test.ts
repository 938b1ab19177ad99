import {
  drawSchedule,
  expectedFingerprints,
  runSchedule,
  scheduledEngine,
  scheduleSubjects,
} from '../../../test/support/schedules.js';

const SCHEDULES = 60;

describe('one chain per request, on random schedules', () => {
  it('of arrivals, cancellations, streams, batch sizes, cache sizes and shared beginnings, on both kernels', () => {
    const { built, requests } = scheduleSubjects();
    const expected = expectedFingerprints(built, requests);
    const first = Date.now() % 1_000_000;
    console.info(
      `schedules ${first} to ${first + SCHEDULES - 1}; again with: node bench/schedules.mjs 60 ${first}`,
    );
    let hits = 0;
    const compilations = { joined: 0, plain: 0 };
    for (let seed = first; seed < first + SCHEDULES; seed++) {
      const schedule = drawSchedule(seed, built, requests.length);
      const engine = scheduledEngine(built, schedule);
      compilations[schedule.compilation]++;
      expect({ seed, wrong: runSchedule(engine, schedule, requests, expected) }).toEqual({ seed, wrong: [] });
      const { kv, cache, prefixCache } = engine.stats();
      expect(kv).toMatchObject({ usedBytes: 0, reservedBytes: 0 });
      expect(cache.bytes).toBeLessThanOrEqual(cache.budget);
      hits += prefixCache.hits;
    }
    expect(hits).toBeGreaterThan(0);
    expect(Math.min(compilations.joined, compilations.plain)).toBeGreaterThan(SCHEDULES / 6);
  }, 120_000);
});
