import { ok, type Result } from '../../common/index.js';
import type { EnginePort } from '../engine/engine-port.js';
import type { Answer, PreparedAnswer, ScoredToken } from './answer-request.js';
import { boundedWork } from './bounded-work.js';

/** A prompt that is given out before the answer, with its scored tokens if log-probabilities were asked for. */
export interface EchoedPrompt {
  readonly text: string;
  readonly tokens: readonly ScoredToken[];
}

/** Reads and scores the prompt as the request asks for; null when it is not to be given out. */
export async function echoedPrompt(
  engine: EnginePort,
  prepared: PreparedAnswer,
  signal: AbortSignal,
): Promise<Result<EchoedPrompt | null>> {
  const { echo, logprobs, promptIds, model } = prepared;
  if (echo === undefined) return ok(null);
  if (logprobs === undefined) return ok({ text: echo, tokens: [] });
  const first = { id: promptIds[0], logprob: null, top: [] };
  if (promptIds.length === 1) return ok({ text: echo, tokens: [first] });
  const request = { release: model.release, ids: promptIds, top: logprobs };
  const scores = await boundedWork(signal, (listener) => engine.score(request, listener));
  return scores.ok ? ok({ text: echo, tokens: [first, ...scores.value] }) : scores;
}

/** The answer with the prompt before it. */
export function withPrompt(answer: Answer, echo: EchoedPrompt | null): Answer {
  if (echo === null) return answer;
  return { ...answer, text: echo.text + answer.text, tokens: [...echo.tokens, ...answer.tokens] };
}
