import type { Attributes } from '@opentelemetry/api';
import type { Answer, PreparedAnswer } from './answer-request.js';
import type { RequestFacts, RequestUsage } from './request-record.js';

/** What traces and metrics tell of a request for answers. @param id identifier of the response */
export function answerFacts(prepared: PreparedAnswer, id: string, traceParent?: string): RequestFacts {
  const { model, operation, maxTokens, sampling, choices } = prepared;
  const attributes: Attributes = {
    'gen_ai.response.id': id,
    'gen_ai.request.max_tokens': maxTokens,
    'gen_ai.request.temperature': sampling.temperature,
    'gen_ai.request.top_p': sampling.topP,
    'gen_ai.request.top_k': sampling.topK,
    'gen_ai.request.frequency_penalty': sampling.frequencyPenalty,
    'gen_ai.request.presence_penalty': sampling.presencePenalty,
    'gen_ai.request.seed': sampling.seed,
    ...(choices === 1 ? {} : { 'gen_ai.request.choice.count': choices }),
  };
  const { name, version } = model;
  return {
    operation,
    model: name,
    version,
    attributes,
    ...(traceParent === undefined ? {} : { traceParent }),
  };
}

/** What they tell of its end. */
export function answerUsage(prepared: PreparedAnswer, answers: readonly Answer[]): RequestUsage {
  const receipts = answers.flatMap(({ receipt }) => (receipt === null ? [] : [receipt.id]));
  return {
    input: prepared.promptIds.length,
    output: answers.reduce((tokens, { completionTokens }) => tokens + completionTokens, 0),
    attributes: {
      'gen_ai.response.finish_reasons': answers.map(({ finish }) => finish),
      'stemma.receipt.ids': receipts,
    },
  };
}
