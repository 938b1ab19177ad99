import { createEngine } from '../../../test/support/engine.js';
import {
  drawSchedule,
  expectedFingerprints,
  runSchedule,
  scheduleSubjects,
} from '../../../test/support/schedules.js';

const SCHEDULES = 60;

describe('one chain per request, on random schedules', () => {
  it('of arrivals, cancellations, streams, batch sizes, cache sizes and shared beginnings', () => {
    const { built, requests } = scheduleSubjects();
    const expected = expectedFingerprints(built, requests);
    const first = Date.now() % 1_000_000;
    console.info(
      `schedules ${first} to ${first + SCHEDULES - 1}; again with: node bench/schedules.mjs 60 ${first}`,
    );
    let hits = 0;
    for (let seed = first; seed < first + SCHEDULES; seed++) {
      const schedule = drawSchedule(seed, built, requests.length);
      const engine = createEngine(built, schedule.limits);
      expect({ seed, wrong: runSchedule(engine, schedule, requests, expected) }).toEqual({ seed, wrong: [] });
      const { kv, cache, prefixCache } = engine.stats();
      expect(kv).toMatchObject({ usedBytes: 0, reservedBytes: 0 });
      expect(cache.bytes).toBeLessThanOrEqual(cache.budget);
      hits += prefixCache.hits;
    }
    expect(hits).toBeGreaterThan(0);
  }, 120_000);
});
