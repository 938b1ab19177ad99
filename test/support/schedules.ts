import { bytesToHex, unwrap, type Result } from '../../src/common/index.js';
import type { EngineCore, WorkResult } from '../../src/inference/kernel/engine-core.js';
import type { EngineLimits, KernelCompilation } from '../../src/inference/kernel/index.js';
import type { BuiltModel } from '../../src/inference/kernel/model-builder.js';
import type {
  ExpertUse,
  GenerateRequest,
  GenerateResult,
  Priority,
  ReplayResult,
  Work,
} from '../../src/inference/kernel/requests.js';
import { POLICY_NAMES } from '../../src/inference/kernel/policies/index.js';
import { createEngine } from './engine.js';
import type { ScheduleSubject } from './schedule-subjects.js';

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

/** Arrivals at most where many come at once; pages that all of them find room in. */
const [CROWD, MANY_PAGES] = [32, 120];

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
    return { fingerprint: fingerprint(answer), tokens: answer.tokens, experts: answer.experts };
  });
}

/** The one right result of a request. */
export interface Expected {
  readonly fingerprint: string;
  readonly tokens: readonly number[];
  readonly experts: readonly ExpertUse[];
}

/** Something that arrives at an engine. */
export interface Arrival {
  readonly request: number;
  readonly replay: boolean;
  readonly priority: Priority;
  /** Steps until the next one. */
  readonly wait: number;
  /** This arrival or one of the two before it, cancelled then; null: none. */
  readonly cancel: number | null;
}

/** One schedule, drawn from its seed: the model, the engine's kernel and limits, and what arrives when. */
export interface Schedule {
  /** Place of the model among the subjects. */
  readonly subject: number;
  readonly compilation: KernelCompilation['name'];
  readonly limits: Pick<EngineLimits, 'maxStreams' | 'expertCacheBytes' | 'kvCacheBytes'> &
    Partial<EngineLimits>;
  readonly arrivals: readonly Arrival[];
}

/** Draws a schedule; the subjects take turns. */
export function drawSchedule(seed: number, subjects: readonly ScheduleSubject[]): Schedule {
  const random = randomNumbers(seed);
  const subject = seed % subjects.length;
  const { built, requests } = subjects[subject];
  const { blocks, config } = built.model;
  const expertBytes = Math.max(
    ...blocks.map(({ name, payloadSize }) => (name.includes('expert') ? payloadSize : 0)),
  );
  const pageBytes = config.layers * 2 * config.kvHeads * 32 * config.headDim * 4;
  const slots = [1, 2, 5, 12, 24][random(5)];
  const limits = {
    maxStreams: 1 + random(16),
    expertCacheBytes: slots * expertBytes,
    kvCacheBytes: (random(3) === 0 ? MANY_PAGES : 6 + random(40)) * pageBytes,
    prefixCache: random(4) > 0,
    batchRows: [1, 2, 7, 16, 33, 64][random(6)],
  };
  const experts = { policy: POLICY_NAMES[random(POLICY_NAMES.length)] };
  const most = random(3) === 0 ? CROWD : 10;
  const arrivals = Array.from({ length: 1 + random(most) }, (_, i) => ({
    request: random(requests.length),
    replay: random(6) === 0,
    priority: random(5) === 0 ? ('learning' as const) : ('inference' as const),
    wait: random(3) === 0 || most === CROWD ? 0 : random(12),
    cancel: random(4) === 0 ? i - random(Math.min(3, i + 1)) : null,
  }));
  const speculation = random(3) > 0;
  const compilation = random(2) === 0 ? 'joined' : 'plain';
  return { subject, compilation, limits: { ...limits, experts, speculation }, arrivals };
}

/** An engine on this thread for a schedule. */
export function scheduledEngine(built: BuiltModel, { limits, compilation }: Schedule): EngineCore {
  return createEngine(built, limits, undefined, undefined, compilation);
}

/** What an arrival asks an engine for. */
export function workOf(
  { request, replay, priority }: Arrival,
  { requests }: ScheduleSubject,
  expected: readonly Expected[],
): Extract<Work, { kind: 'generate' | 'replay' }> {
  const { release, promptIds, sampling } = requests[request];
  const outputIds = expected[request].tokens;
  return replay
    ? { kind: 'replay', release, promptIds, sampling, outputIds, priority }
    : { kind: 'generate', ...requests[request], priority };
}

/**
 * Runs a schedule on an engine; returns what differs from what is right (an empty list is what the law asks for), and the most streams
 * that ran at the same time once all had arrived.
 */
export function runSchedule(
  engine: EngineCore,
  { arrivals }: Schedule,
  subject: ScheduleSubject,
  expected: readonly Expected[],
): Outcome & { readonly most: number } {
  const results: (Result<WorkResult> | undefined)[] = [];
  arrivals.forEach((arrival, i) => {
    const work = workOf(arrival, subject, expected);
    engine.submit(i, work, { event: () => undefined, done: (value) => (results[i] = value) });
    for (let step = 0; step < arrival.wait; step++) engine.step();
    if (arrival.cancel !== null) engine.cancel(arrival.cancel);
  });
  let most = engine.stats().active;
  while (engine.busy) {
    engine.step();
    most = Math.max(most, engine.stats().active);
  }
  return { ...judgeResults(arrivals, results, expected), most };
}

/** What became of a schedule. */
export interface Outcome {
  /** What is not as it has to be, by arrival. */
  readonly differences: readonly string[];
  /** Answers that were cancelled after some of their tokens, and began as they had to. */
  readonly beginnings: number;
}

/**
 * Holds results against the right ones: whole answers and replays must be them, cancelled answers must begin as they do and have used
 * no expert more often; only what was cancelled may end early.
 */
export function judgeResults(
  arrivals: readonly Arrival[],
  results: readonly (Result<WorkResult> | undefined)[],
  expected: readonly Expected[],
): Outcome {
  const cancelled = new Set(arrivals.map(({ cancel }) => cancel));
  let beginnings = 0;
  const differences = arrivals.flatMap(({ request }, i) => {
    const result = results[i];
    const may = cancelled.has(i);
    if (!result?.ok)
      return may && result?.error.code === 'CANCELLED'
        ? []
        : [`arrival ${i}: ${result?.error.code ?? 'no result'}`];
    const answer = result.value as GenerateResult | ReplayResult;
    if ('finish' in answer && answer.finish === 'cancelled') {
      if (!may || !begins(answer, expected[request]))
        return [`arrival ${i}: other states before it was cancelled`];
      if (answer.tokens.length > 0) beginnings += 1;
      return [];
    }
    const same = fingerprint(answer) === expected[request].fingerprint;
    return same ? [] : [`arrival ${i}: other states or experts`];
  });
  return { differences, beginnings };
}

/** Whether an answer is the beginning of the right one. */
function begins({ tokens, states, experts }: GenerateResult, expected: Expected): boolean {
  const most = new Map(
    expected.experts.map(({ layer, expert, tokens: used }) => [`${layer}.${expert}`, used]),
  );
  return (
    states.length === tokens.length &&
    expected.fingerprint.startsWith(states.map(bytesToHex).join()) &&
    tokens.every((token, i) => token === expected.tokens[i]) &&
    experts.every(({ layer, expert, tokens: used }) => used <= (most.get(`${layer}.${expert}`) ?? 0))
  );
}
