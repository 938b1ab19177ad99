import type { BrowserReplays } from './browser-replays.js';
import { drawSubject } from './drawn-subject.js';
import { drawSchedule, expectedFingerprints, runSchedule, scheduledEngine } from './schedules.js';

/** What became of a schedule whose answers a browser replayed. */
export interface BrowserOutcome {
  /** The model, for people. */
  readonly name: string;
  /** Requests that the schedule made. */
  readonly arrivals: number;
  /** As in `Outcome`. */
  readonly beginnings: number;
  /** Answers that the browser replayed. */
  readonly replayed: number;
  /** What is not as it has to be, in the schedule and in the browser. */
  readonly differences: readonly string[];
}

/**
 * Draws a model, requests and a schedule of them, lets an engine answer in that schedule, and has the browser replay every answer
 * that was given whole: engine, plain kernel and browser must give one commitment chain and one list of experts.
 */
export async function runInBrowser(seed: number, browser: BrowserReplays): Promise<BrowserOutcome> {
  const subject = drawSubject(seed);
  const { name, built, requests } = subject;
  const schedule = drawSchedule(seed, [subject]);
  const expected = expectedFingerprints(built, requests);
  const { differences, beginnings } = runSchedule(
    scheduledEngine(built, schedule),
    schedule,
    subject,
    expected,
  );
  const { arrivals } = schedule;
  const cancelled = new Set(arrivals.map(({ cancel }) => cancel));
  const answered = new Set(
    arrivals.filter(({ replay }, i) => !replay && !cancelled.has(i)).map(({ request }) => request),
  );
  const wrong = [...differences];
  for (const request of answered) {
    const found = await browser.replay(built, requests[request], expected[request].tokens);
    if (found !== expected[request].fingerprint) wrong.push(`request ${request} in the browser: ${found}`);
  }
  return { name, arrivals: arrivals.length, beginnings, replayed: answered.size, differences: wrong };
}
