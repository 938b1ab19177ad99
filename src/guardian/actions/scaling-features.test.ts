import { unwrap } from '../../common/index.js';
import { FEATURE_MODELS, rawConfidence } from '../../decision/index.js';
import { loadOf } from './load-watch.js';
import { scalingFeatures, touchedServers, touchedShare } from './scaling-features.js';
import type { History, Service } from './service-evidence.js';

const idle = { active: 0, queued: 0, streams: 16, ...loadOf(Array<number>(120).fill(0)) };
const loaded = { active: 16, queued: 8, streams: 16, ...loadOf(Array<number>(120).fill(1)) };
const service = (changes: Partial<Service> = {}): Service => ({
  ...{ load: idle, firstTokenMs: null, usualFirstTokenMs: null, answers: 0, failed: 0, memoryFree: 0.5 },
  ...changes,
});
const fresh: History = { tried: 0, helped: 0, takenBack: 0 };
const confidence = (up: boolean, now: Service, history = fresh) =>
  unwrap(rawConfidence(FEATURE_MODELS.scaling, scalingFeatures(up, now, history))).value;

describe('what speaks for scaling', () => {
  it('is measured to the last feature', () => {
    const answering = service({ firstTokenMs: 100, usualFirstTokenMs: 100 });
    const known = Object.keys(scalingFeatures(true, answering, fresh)).toSorted();
    expect(known).toEqual(FEATURE_MODELS.scaling.features.map(({ name }) => name).toSorted());
  });

  it('is much for less of an idle server and little for less of a loaded one, and the other way round', () => {
    const busy = service({ load: loaded, firstTokenMs: 200, usualFirstTokenMs: 100 });
    expect(confidence(false, service())).toBeGreaterThan(0.9);
    expect(confidence(false, busy)).toBeLessThan(0.2);
    expect(confidence(true, busy)).toBeGreaterThan(0.9);
    expect(confidence(true, service())).toBeLessThan(0.2);
  });

  it.each<[string, Partial<Service>]>([
    [
      'one running answer',
      { load: { ...idle, active: 1, ...loadOf([...Array<number>(60).fill(0), 1 / 16]) } },
    ],
    ['late first tokens', { firstTokenMs: 200, usualFirstTokenMs: 100 }],
    ['failed answers', { answers: 20, failed: 4 }],
    ['little memory', { memoryFree: 0.05 }],
  ])('is less with %s', (_name, changes) => {
    expect(confidence(false, service(changes))).toBeLessThan(confidence(false, service()));
  });

  it('is more with successes of the same action, and less with failures and with changes taken back', () => {
    const with_ = (history: Partial<History>) => confidence(false, service(), { ...fresh, ...history });
    expect(with_({ tried: 5, helped: 5 })).toBeGreaterThan(with_({}));
    expect(with_({ tried: 5, helped: 0 })).toBeLessThan(with_({}));
    expect(with_({ takenBack: 0.5 })).toBeLessThan(with_({}));
  });
});

describe('the share that a change touches', () => {
  const size = { threads: 4, streams: 16, expertCacheMb: 1000, kvCacheMb: 200 };

  it('is the largest share that comes or goes, or where something goes, that is in use', () => {
    expect(touchedShare(size, { streams: 12 }, idle)).toBe(0.25);
    expect(touchedShare(size, { streams: 12, threads: 1 }, idle)).toBe(0.75);
    expect(touchedShare(size, { expertCacheMb: 2000 }, idle)).toBe(0.5);
    expect(touchedShare(size, { streams: 12 }, loaded)).toBe(1);
    expect(touchedShare(size, { streams: 32 }, loaded)).toBe(0.5);
    expect(touchedShare(size, { streams: 12 }, { ...idle, busy: 0.4 })).toBe(0.4);
  });

  it('of servers counts what those that stay take over', () => {
    expect(touchedServers(4, 3, idle)).toBe(0.25);
    expect(touchedServers(4, 2, { ...idle, busy: 0.3 })).toBe(0.6);
    expect(touchedServers(4, 2, loaded)).toBe(1);
    expect(touchedServers(2, 4, loaded)).toBe(0.5);
  });
});

describe('the load', () => {
  it('is that of now or of the last minute, whichever is more, and idle only when nobody waits', () => {
    const minute = (share: number) => Array<number>(60).fill(share);
    expect(loadOf([])).toEqual({ busy: 0, idle: 0, idleFor: 0, busyFor: 0 });
    expect(loadOf([...minute(1), ...minute(0)])).toMatchObject({ busy: 0, idle: 1, idleFor: 0.1 });
    expect(loadOf([...minute(0), 1])).toMatchObject({ busy: 1, idle: 0, idleFor: 0 });
    expect(loadOf([...minute(1), 0])).toMatchObject({ busy: 59 / 60, idle: 1 / 60, busyFor: 0 });
    expect(loadOf(Array<number>(600).fill(0.6)).busyFor).toBe(1);
  });
});
