import { scheduleSubjects } from '../../../test/support/schedule-subjects.js';
import {
  drawSchedule,
  expectedFingerprints,
  runSchedule,
  scheduledEngine,
} from '../../../test/support/schedules.js';

const SCHEDULES = 40;
/** By then every model has been drawn but for one run in 10^30. */
const MOST_SCHEDULES = 400;

describe('one chain per request, on random schedules', () => {
  it('of arrivals, cancellations, streams, batch sizes, cache sizes and shared beginnings, on both kernels', () => {
    const subjects = scheduleSubjects();
    const expected = subjects.map(({ built, requests }) => expectedFingerprints(built, requests));
    const first = Date.now() % 1_000_000;
    console.info(
      `schedules ${first} to ${first + SCHEDULES - 1}; again with: node bench/schedules.mjs 60 ${first}`,
    );
    let [hits, beginnings] = [0, 0];
    const counts = { joined: 0, plain: 0, subjects: subjects.map(() => 0) };
    const isCovered = () => Math.min(...counts.subjects) > 0 && hits > 0 && beginnings > 0;
    for (let drawn = 0; drawn < SCHEDULES || (drawn < MOST_SCHEDULES && !isCovered()); drawn++) {
      const seed = first + drawn;
      const schedule = drawSchedule(seed, subjects);
      const { subject, compilation } = schedule;
      const engine = scheduledEngine(subjects[subject].built, schedule);
      counts[compilation]++;
      counts.subjects[subject]++;
      const outcome = runSchedule(engine, schedule, subjects[subject], expected[subject]);
      expect({ seed, wrong: outcome.differences }).toEqual({ seed, wrong: [] });
      const { kv, cache, prefixCache } = engine.stats();
      expect(kv).toMatchObject({ usedBytes: 0, reservedBytes: 0 });
      expect(cache.bytes).toBeLessThanOrEqual(cache.budget);
      hits += prefixCache.hits;
      beginnings += outcome.beginnings;
    }
    expect(hits).toBeGreaterThan(0);
    expect(beginnings).toBeGreaterThan(0);
    expect(Math.min(...counts.subjects)).toBeGreaterThan(0);
    expect(Math.min(counts.joined, counts.plain)).toBeGreaterThan(SCHEDULES / 6);
  }, 120_000);
});
