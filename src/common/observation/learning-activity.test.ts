import { jest } from '@jest/globals';
import { LearningActivity } from './learning-activity.js';
import { LiveFigures } from './live-figures.js';
import { POLL_MS } from './polled-figure.js';

describe('how much is being learnt', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('follows what modules have in work, and says nothing while one cannot tell', async () => {
    const figures = new LiveFigures();
    const sut = new LearningActivity(figures);
    const works = { submissions: 0, epochs: 0 };
    const away = { database: false };
    sut.add(async () => works.submissions);
    sut.add(async () => {
      if (away.database) throw new Error('no database');
      return works.epochs;
    });
    const figure = async () => {
      await jest.advanceTimersByTimeAsync(POLL_MS);
      return figures.read().learning_activity;
    };
    sut.onApplicationBootstrap();
    expect(await figure()).toBe(0);
    Object.assign(works, { submissions: 1, epochs: 1 });
    expect(await figure()).toBe(0.5);
    away.database = true;
    expect(await figure()).toBeUndefined();
    away.database = false;
    expect(await figure()).toBe(0.5);
    await sut.onModuleDestroy();
    expect(figures.read()).toEqual({});
  });

  it('is not told of by a server that learns nothing', () => {
    const figures = new LiveFigures();
    new LearningActivity(figures).onApplicationBootstrap();
    expect(figures.read()).toEqual({});
  });
});
