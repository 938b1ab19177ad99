import { bytesToHex, unwrap, type Result } from '../../src/common/index.js';
import type { EngineCore, WorkResult } from '../../src/inference/kernel/engine-core.js';
import type { EngineLimits, KernelCompilation } from '../../src/inference/kernel/index.js';
import type { BuiltModel } from '../../src/inference/kernel/model-builder.js';
import type {
  GenerateRequest,
  GenerateResult,
  ReplayResult,
  Work,
} from '../../src/inference/kernel/requests.js';
import { createEngine, randomModel, smallConfig } from './engine.js';

/** Numbers below 2^32 from a seed (xorshift32, Marsaglia 2003), the same everywhere. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** A model of three layers with eight experts each, and requests whose prompts partly begin alike, greedy and sampled. */
export function scheduleSubjects(): { built: BuiltModel; requests: GenerateRequest[] } {
  const built = randomModel(smallConfig({ layers: 3, experts: 8 }), 'mixed', 29);
  const common = Array.from({ length: 70 }, (_, i) => (i * 17 + 5) % 100);
  const requests = Array.from({ length: 10 }, (_, i): GenerateRequest => {
    const own = Array.from({ length: 1 + ((i * 23) % 60) }, (_, j) => (i * 31 + j * 7) % 100);
    return {
      release: built.model.release,
      promptIds: i % 3 === 0 ? own : [...common.slice(0, i % 3 === 1 ? 70 : 33), ...own],
      maxTokens: 3 + ((i * 11) % 20),
      stopIds: i % 4 === 0 ? [13, 57] : [],
      sampling: {
        ...{ temperature: i % 2 === 0 ? 1.1 : 0, topP: 0.95, topK: 0, minP: 0.01, seed: 2 ** 52 + i },
        ...{ repetitionPenalty: 1.1, presencePenalty: 0.3, frequencyPenalty: 0.1 },
      },
    };
  });
  return { built, requests };
}

/** What has to be the same whatever happens around a request: its commitment chain and the experts it used. */
export function fingerprint({ states, experts }: GenerateResult | ReplayResult): string {
  return `${states.map(bytesToHex).join()} ${JSON.stringify(experts)}`;
}

/** Each request computed alone on the plain kernel, token by token, with all experts in memory, nothing shared and nothing guessed. */
export function expectedFingerprints(built: BuiltModel, requests: readonly GenerateRequest[]): Expected[] {
  return requests.map((request) => {
    const engine = createEngine(built, { prefixCache: false });
    let result: Result<WorkResult> | undefined;
    const sink = { event: () => undefined, done: (value: Result<WorkResult>) => (result = value) };
    engine.submit(0, { kind: 'generate', ...request }, sink);
    while (!result) engine.step();
    const answer = unwrap(result) as GenerateResult;
    return { fingerprint: fingerprint(answer), tokens: answer.tokens };
  });
}

/** The one right result of a request. */
export interface Expected {
  readonly fingerprint: string;
  readonly tokens: readonly number[];
}

/** One schedule, drawn from its seed: the engine's kernel and limits, and what arrives when. */
export interface Schedule {
  readonly compilation: KernelCompilation['name'];
  readonly limits: Partial<EngineLimits>;
  readonly arrivals: readonly {
    readonly request: number;
    readonly replay: boolean;
    /** Steps until the next one. */
    readonly wait: number;
    /** An earlier arrival that is cancelled then; null: none. */
    readonly cancel: number | null;
  }[];
}

/** Draws a schedule. */
export function drawSchedule(seed: number, built: BuiltModel, requests: number): Schedule {
  const random = randomNumbers(seed);
  const { blocks, config } = built.model;
  const expertBytes = Math.max(
    ...blocks.map(({ name, payloadSize }) => (name.includes('expert') ? payloadSize : 0)),
  );
  const pageBytes = config.layers * 2 * config.kvHeads * 32 * config.headDim * 4;
  const slots = [1, 2, 5, 12, 24][random(5)];
  const limits = {
    maxStreams: 1 + random(16),
    expertCacheBytes: slots * expertBytes,
    kvCacheBytes: (6 + random(40)) * pageBytes,
    prefixCache: random(4) > 0,
    batchRows: [1, 2, 7, 16, 33, 64][random(6)],
  };
  const arrivals = Array.from({ length: 1 + random(10) }, (_, i) => ({
    request: random(requests),
    replay: random(6) === 0,
    wait: random(3) === 0 ? 0 : random(12),
    cancel: random(8) === 0 ? random(i + 1) : null,
  }));
  const speculation = random(3) > 0;
  const compilation = random(2) === 0 ? 'joined' : 'plain';
  return { compilation, limits: { ...limits, speculation }, arrivals };
}

/** An engine on this thread for a schedule. */
export function scheduledEngine(built: BuiltModel, { limits, compilation }: Schedule): EngineCore {
  return createEngine(built, limits, undefined, undefined, compilation);
}

/** Runs a schedule on an engine; returns what differs from what is right. An empty list is what the law asks for. */
export function runSchedule(
  engine: EngineCore,
  { arrivals }: Schedule,
  requests: readonly GenerateRequest[],
  expected: readonly Expected[],
): string[] {
  const results: (Result<WorkResult> | undefined)[] = [];
  arrivals.forEach(({ request, replay, wait, cancel }, i) => {
    const work: Work = replay
      ? { ...requests[request], kind: 'replay', outputIds: expected[request].tokens }
      : { ...requests[request], kind: 'generate', priority: i % 5 === 4 ? 'learning' : 'inference' };
    engine.submit(i, work, { event: () => undefined, done: (value) => (results[i] = value) });
    for (let step = 0; step < wait; step++) engine.step();
    if (cancel !== null) engine.cancel(cancel);
  });
  while (engine.busy) engine.step();
  return arrivals.flatMap(({ request }, i) => {
    const result = results[i];
    if (!result?.ok)
      return result?.error.code === 'CANCELLED' ? [] : [`arrival ${i}: ${result?.error.code ?? 'no result'}`];
    const answer = result.value as GenerateResult | ReplayResult;
    if ('finish' in answer && answer.finish === 'cancelled') {
      const states = answer.states.map(bytesToHex).join();
      return expected[request].fingerprint.startsWith(states)
        ? []
        : [`arrival ${i}: other states before it was cancelled`];
    }
    return fingerprint(answer) === expected[request].fingerprint
      ? []
      : [`arrival ${i}: other states or experts`];
  });
}
