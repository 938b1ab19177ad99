import { unwrap, type Result } from '../../src/common/index.js';
import { nativeSha256 } from '../../src/common/native-hash.js';
import { PlainWitness } from '../../src/inference/dispute/plain-witness.js';
import type { EngineCore, WorkResult } from '../../src/inference/kernel/engine-core.js';
import type { GenerateRequest, GenerateResult } from '../../src/inference/kernel/requests.js';
import { ANSWER_TOKENS, type DisputeQuestion, type DisputeSubject } from './dispute-subjects.js';
import { createEngine } from './engine.js';

/** What an answer consists of that can be disputed. */
export type PlainAnswer = Pick<GenerateResult, 'tokens' | 'states'>;

/** One honest way of computing an answer; every way has to give the same bits. */
export interface AnswerWay {
  readonly name: string;
  answer(subject: DisputeSubject, question: DisputeQuestion): Promise<PlainAnswer>;
}

/** Plain TypeScript, as the referee computes. */
export const TYPESCRIPT_WAY: AnswerWay = {
  name: 'TypeScript',
  async answer({ weights }, question) {
    const options = { weights, sha256: nativeSha256 };
    const side = unwrap(await PlainWitness.answer(question, ANSWER_TOKENS, options));
    return { tokens: side.statement.outputIds, states: unwrap(await side.states(0, ANSWER_TOKENS)) };
  },
};

/** A question as an engine is asked it. */
export function requestOf({ release, promptIds, sampling }: DisputeQuestion): GenerateRequest {
  return { release, promptIds, sampling, maxTokens: ANSWER_TOKENS, stopIds: [] };
}

/**
 * The kernel on this thread, plain and with joined operations, each with batches, caches and streams beside it that are drawn anew
 * for every answer.
 */
export function kernelWays(random: (below: number) => number): readonly AnswerWay[] {
  return (['plain', 'joined'] as const).map((name) => ({
    name: `${name} kernel`,
    async answer({ built }, question) {
      const experts = built.model.blocks.filter((block) => block.name.includes('expert'));
      const expertBytes = Math.max(...experts.map(({ payloadSize }) => payloadSize));
      const limits = {
        batchRows: [1, 2, 3, 7, 16, 64][random(6)],
        expertCacheBytes: [1, 2, 6][random(3)] * expertBytes,
        speculation: random(2) === 0,
        maxStreams: 1 + random(4),
      };
      const engine = createEngine(built, limits, undefined, undefined, name);
      const others = random(3);
      for (let id = 1; id <= others; id++) submitBeside(engine, id, requestOf(question), random);
      return finish(engine, requestOf(question));
    },
  }));
}

/** A stream nobody listens to, for company in the batches. */
function submitBeside(
  engine: EngineCore,
  id: number,
  request: GenerateRequest,
  random: (below: number) => number,
): void {
  const promptIds = [...request.promptIds.slice(0, random(4)), random(40)];
  const beside = { ...request, kind: 'generate', promptIds, maxTokens: 1 + random(30) } as const;
  engine.submit(id, beside, { event: () => undefined, done: () => undefined });
}

function finish(engine: EngineCore, request: GenerateRequest): PlainAnswer {
  let result: Result<WorkResult> | undefined;
  const sink = { event: () => undefined, done: (value: Result<WorkResult>) => (result = value) };
  engine.submit(0, { kind: 'generate', ...request }, sink);
  while (!result) engine.step();
  return unwrap(result) as GenerateResult;
}
