import { genesisModel } from '../../../test/factories/served-model.js';
import { testConfig } from '../../../test/support/test-config.js';
import { CodedError, EventBus, err, ok, unwrap, type Result } from '../../common/index.js';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { MetricRegistry } from '../../common/observation/metric-registry.js';
import { Tracing } from '../../common/observation/tracing.js';
import { AnswerMeter } from '../answers/answer-meter.js';
import { ENGINE_STREAMS } from '../engine/engine-factory.js';
import type { EngineHost } from '../engine/engine-host.js';
import type { EngineListener, EnginePort } from '../engine/engine-port.js';
import type { ModelCatalog } from '../models/model-catalog.js';
import { PromptEncoder } from '../models/prompt-encoder.js';
import { EmbeddingService } from './embedding.service.js';

type Embed = (ids: readonly number[], listener: EngineListener) => Promise<Result<Float32Array>>;

function setUp(embed: Embed, maxQueue = 0) {
  const model = genesisModel();
  const engine = { embed: ({ ids }, listener) => embed(ids, listener) } as EnginePort;
  const host = { use: (_, work) => work(engine) } as EngineHost;
  const catalog = { resolve: () => Promise.resolve(ok(model)) } as unknown as ModelCatalog;
  const registry = new MetricRegistry();
  const config = testConfig({ maxQueue });
  const meter = new AnswerMeter(config, registry, new LiveFigures(), new EventBus(), new Tracing());
  const sut = new EmbeddingService(catalog, new PromptEncoder(), host, meter);
  const ask = (inputs: number[][], signal = new AbortController().signal) => {
    const request = { model: 'genesis', inputs: inputs.map((ids) => ({ ids })), dimensions: null };
    return sut.embed(request, { signal });
  };
  return { ask, meter, print: () => registry.print() };
}

const vectorOf = (ids: readonly number[]) => Float32Array.of(ids[0]);

describe('embedding service', () => {
  it('keeps the order of the inputs, a few at a time, whichever is done first', async () => {
    let running = 0;
    let most = 0;
    const { ask, meter, print } = setUp(async (ids) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < 20 - ids[0]; turn++) await Promise.resolve();
      running -= 1;
      return ok(vectorOf(ids));
    });
    const inputs = Array.from({ length: 12 }, (_, i) => [i]);
    const { vectors, tokens } = unwrap(await ask(inputs));
    expect(vectors).toEqual(inputs.map(vectorOf));
    expect([tokens, most, meter.queue.size]).toEqual([12, 4, 0]);
    expect(await print()).toContain('stemma_inference_tokens_total{kind="prompt"} 12\n');
  });

  it('gives up all inputs when one is refused, and says why', async () => {
    const asked: number[] = [];
    const { ask, meter, print } = setUp((ids, { signal }) => {
      asked.push(ids[0]);
      if (ids[0] === 2) return Promise.resolve(err(new CodedError('BLOCK_CORRUPT', 'a block is broken')));
      return new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve(err(new CodedError('CANCELLED', 'cancelled')))),
      );
    });
    const refused = await ask([[1], [2], [3], [4], [5], [6]]);
    expect(!refused.ok && refused.error.code).toBe('BLOCK_CORRUPT');
    expect([asked, meter.queue.size]).toEqual([[1, 2, 3, 4], 0]);
    expect(await print()).toMatch(/gen_ai_server_request_duration_seconds_count\{.*"BLOCK_CORRUPT"\} 1/);
  });

  it('refuses a vector without a direction', async () => {
    const { ask } = setUp(() => Promise.resolve(ok(Float32Array.of(0, Number.NaN))));
    expect(await ask([[1]])).toMatchObject({
      ok: false,
      error: { code: 'EMBEDDING_NOT_FINITE', status: 500 },
    });
  });

  it('waits in the same queue as answers', async () => {
    const { ask, meter } = setUp((ids) => Promise.resolve(ok(vectorOf(ids))));
    const held = unwrap(meter.queue.admit(ENGINE_STREAMS, 0));
    expect(await ask([[1]])).toMatchObject({ ok: false, error: { code: 'QUEUE_FULL', status: 429 } });
    held.release();
    expect((await ask([[1]])).ok).toBe(true);
  });
});
