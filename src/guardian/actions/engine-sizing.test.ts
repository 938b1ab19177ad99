import { testConfig } from '../../../test/support/test-config.js';
import { EngineTuning, type EngineSize } from '../../inference/index.js';
import { EngineSizing } from './engine-sizing.js';

type Parts = ConstructorParameters<typeof EngineSizing>;

function setUp(inferenceEngine: 'exact' | 'tfjs', size: Partial<EngineSize> = {}) {
  const tuning = Object.assign(new EngineTuning(), { size });
  const parts = [testConfig({ inferenceEngine }), {}, {}, tuning, {}] as unknown as Parts;
  return new EngineSizing(...parts);
}

describe('the size of the engine', () => {
  it.each([
    ['exact', 32],
    ['tfjs', 256],
  ] as const)('of %s has at most %i streams, and says so', (engine, most) => {
    const sut = setUp(engine);
    expect(sut.mostStreams).toBe(most);
    expect(sut.problem({ streams: most })).toBeNull();
    expect(sut.problem({ streams: most + 1 })).toContain(`(${engine}) makes at most ${most} answers at once`);
  });

  it('is what the engine has, also where more was once asked for', () => {
    expect(setUp('exact', { streams: 64 }).current.streams).toBe(32);
  });
});
