import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { CodedError, err, ok, systemClock } from '../../common/index.js';
import { MetricRegistry } from '../../common/observation/metric-registry.js';
import { Tracing } from '../../common/observation/tracing.js';
import { genesisModel } from '../../../test/factories/served-model.js';
import { answerFacts, answerUsage } from './answer-facts.js';
import type { Answer, PreparedAnswer } from './answer-request.js';
import { GenAiMetrics } from './gen-ai-metrics.js';
import { RequestRecord } from './request-record.js';

const SECRET = 'what nobody else should read';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const sampling = {
  ...{ temperature: 0.5, topP: 0.9, topK: 40, minP: 0, repetitionPenalty: 1 },
  ...{ presencePenalty: 0.25, frequencyPenalty: 0.125, seed: 7 },
};
const prepared: PreparedAnswer = {
  ...{ operation: 'chat', model: genesisModel(), promptIds: [1, 2, 3], maxTokens: 20, sampling },
  ...{ stop: [SECRET], choices: 2, salt: '00'.repeat(32), owner: SECRET, echo: SECRET },
};
const answer = (finish: Answer['finish'], completionTokens: number): Answer => ({
  ...{ text: SECRET, tokens: [], completionTokens, cachedTokens: 0, finish, receipt: null },
  timings: { queuedMs: 10, prefillMs: 30, decodeMs: 40, firstTokenMs: 40 },
});

function setUp() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracing = new Tracing();
  const registry = new MetricRegistry();
  const metrics = new GenAiMetrics(registry, systemClock);
  const facts = answerFacts(prepared, 'chatcmpl-1', `00-${TRACE}-00f067aa0ba902b7-01`);
  const record = () => new RequestRecord(facts, metrics, tracing);
  const trace = () => tracing.use(provider.getTracer('test'));
  const latest = () => [metrics.latest.firstToken.summary(), metrics.latest.perToken.summary()];
  return { record, trace, latest, spans: () => exporter.getFinishedSpans(), print: () => registry.print() };
}

const ms = ([seconds, nanos]: [number, number]) => seconds * 1000 + nanos / 1e6;

describe('record of a request', () => {
  it('is a span with the conventional attributes and nothing of what people wrote', () => {
    const { record, trace, spans } = setUp();
    trace();
    const made = [answer('stop', 5), answer('length', 20)];
    record().end(ok(made), (answers) => answerUsage(prepared, answers));
    const [span] = spans();
    expect([span.name, span.kind]).toEqual(['chat genesis', SpanKind.SERVER]);
    expect(span.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'stemma',
      'gen_ai.system': 'stemma',
      'gen_ai.request.model': 'genesis',
      'gen_ai.response.model': 'genesis@1.0.0',
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.request.max_tokens': 20,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.top_k': 40,
      'gen_ai.request.frequency_penalty': 0.125,
      'gen_ai.request.presence_penalty': 0.25,
      'gen_ai.request.seed': 7,
      'gen_ai.request.choice.count': 2,
      'gen_ai.usage.input_tokens': 3,
      'gen_ai.usage.output_tokens': 25,
      'gen_ai.response.finish_reasons': ['stop', 'length'],
      'stemma.receipt.ids': [],
    });
    expect(JSON.stringify([span.attributes, span.events])).not.toContain(SECRET);
  });

  it('continues the trace of the request, with a child for waiting, reading and writing', () => {
    const { record, trace, spans } = setUp();
    trace();
    const request = record();
    request.answered(answer('stop', 5), 1, 1_000_000);
    request.end(ok([]), () => ({ input: 3, output: 5 }));
    const parent = spans().at(-1)!;
    expect(parent.spanContext().traceId).toBe(TRACE);
    const children = spans().slice(0, -1);
    expect(children.map(({ name, startTime, endTime }) => [name, ms(startTime), ms(endTime)])).toEqual([
      ['queue', 1_000_000, 1_000_010],
      ['prefill', 1_000_010, 1_000_040],
      ['decode', 1_000_040, 1_000_080],
    ]);
    for (const child of children) {
      expect(child.parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
      expect(child.attributes).toEqual({ 'stemma.choice': 1 });
    }
  });

  it('names the refusal that ended it', async () => {
    const { record, trace, spans, print } = setUp();
    trace();
    record().end(err(new CodedError('QUEUE_FULL', SECRET, {}, 429)), () => ({ input: 0, output: 0 }));
    record().failed(new Error(SECRET));
    expect(spans().map(({ status, attributes }) => [status, attributes['error.type']])).toEqual([
      [{ code: SpanStatusCode.ERROR }, 'QUEUE_FULL'],
      [{ code: SpanStatusCode.ERROR }, 'INTERNAL'],
    ]);
    expect(await print()).toMatch(
      /gen_ai_server_request_duration_seconds_count\{.*error_type="QUEUE_FULL"\} 1\n/,
    );
  });

  it('measures in the conventional histograms, without any trace too', async () => {
    const { record, spans, print, latest } = setUp();
    const request = record();
    request.answered(answer('stop', 5), 0, 1_000_000);
    request.answered(answer('length', 1), 1, 1_000_000);
    request.answered(answer('cancelled', 0), 1, 1_000_000);
    request.end(ok([]), () => ({ input: 3, output: 6 }));
    expect(spans()).toEqual([]);
    const text = await print();
    const labels =
      'gen_ai_operation_name="chat",gen_ai_provider_name="stemma",gen_ai_request_model="genesis"';
    for (const line of [
      `gen_ai_server_time_to_first_token_seconds_bucket{le="0.02",${labels}} 0`,
      `gen_ai_server_time_to_first_token_seconds_bucket{le="0.04",${labels}} 2`,
      `gen_ai_server_time_per_output_token_seconds_sum{${labels}} 0.01`,
      `gen_ai_server_time_per_output_token_seconds_count{${labels}} 1`,
      `stemma_inference_queue_seconds_sum{${labels}} 0.03`,
      `gen_ai_server_request_duration_seconds_count{${labels}} 1`,
      `gen_ai_client_token_usage_sum{${labels},gen_ai_token_type="input"} 3`,
      `gen_ai_client_token_usage_bucket{le="4",${labels},gen_ai_token_type="output"} 0`,
      `gen_ai_client_token_usage_bucket{le="16",${labels},gen_ai_token_type="output"} 1`,
    ])
      expect(text).toContain(`${line}\n`);
    expect(latest()).toEqual([
      { count: 2, p50: 40, p95: 40 },
      { count: 1, p50: 10, p95: 10 },
    ]);
  });
});
