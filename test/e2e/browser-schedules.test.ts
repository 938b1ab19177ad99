import type { Browser } from 'playwright-core';
import { BrowserReplays } from '../support/browser-replays.js';
import { runInBrowser } from '../support/browser-schedules.js';
import { browserTests, launchBrowser } from './dashboard-support.js';

const SCHEDULES = 6;

browserTests('one chain per request, on random schedules', () => {
  let browser: Browser;
  let replays: BrowserReplays;

  beforeAll(async () => {
    browser = await launchBrowser();
    replays = await BrowserReplays.open(browser);
  });

  afterAll(() => browser?.close());

  it('of models, prompts, sampling, streams and caches, in the engine and in the browser', async () => {
    const first = Date.now() % 1_000_000;
    console.info(
      `seeds ${first} to ${first + SCHEDULES - 1}; again with: node bench/schedules.mjs ${SCHEDULES} ${first} --browser ${SCHEDULES}`,
    );
    let replayed = 0;
    const names = new Set<string>();
    for (let seed = first; seed < first + SCHEDULES; seed++) {
      const outcome = await runInBrowser(seed, replays);
      expect({ seed, name: outcome.name, wrong: outcome.differences }).toEqual({
        seed,
        name: outcome.name,
        wrong: [],
      });
      replayed += outcome.replayed;
      names.add(outcome.name);
    }
    expect(names.size).toBeGreaterThan(1);
    expect(replayed).toBeGreaterThan(0);
  });
});
