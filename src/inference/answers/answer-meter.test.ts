import { testConfig } from '../../../test/support/test-config.js';
import { EventBus, unwrap } from '../../common/index.js';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { MetricRegistry } from '../../common/observation/metric-registry.js';
import { Tracing } from '../../common/observation/tracing.js';
import type { AppSettings } from '../../config/index.js';
import { EngineCapacity } from '../engine/engine-capacity.js';
import { EngineTuning } from '../engine/engine-tuning.js';
import { AnswerMeter } from './answer-meter.js';

function setUp(changes: Partial<AppSettings> = {}) {
  const config = testConfig({ maxQueue: 20, ...changes });
  const tuning = new EngineTuning();
  const figures = new LiveFigures();
  const capacity = new EngineCapacity(config, tuning);
  const parts = [config, new MetricRegistry(), figures, new EventBus(), new Tracing()] as const;
  const { queue } = new AnswerMeter(...parts, undefined, capacity);
  return { queue, tuning, load: () => [figures.one('active_answers'), figures.one('queue_depth')] };
}

describe('the figures of the queue', () => {
  it('follow the size that the engine is tuned to', () => {
    const { queue, tuning, load } = setUp();
    unwrap(queue.admit(32, 0));
    expect(load()).toEqual([16, 16]);
    tuning.size = { streams: 32 };
    expect(load()).toEqual([32, 0]);
    expect(queue.admit(20, 0).ok).toBe(true);
    expect(load()).toEqual([32, 20]);
    expect(queue.admit(1, 0)).toMatchObject({ error: { code: 'QUEUE_FULL' } });
  });

  it('count the streams of TensorFlow.js where it computes', () => {
    const { queue, load } = setUp({ inferenceEngine: 'tfjs' });
    unwrap(queue.admit(70, 0));
    expect(load()).toEqual([64, 6]);
  });
});
