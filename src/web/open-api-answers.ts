import type { OpenAPIObject } from '@nestjs/swagger';
import { ACCOUNT_ANSWERS } from './answers/account-answers.js';
import { AUTONOMY_ANSWERS } from './answers/autonomy-answers.js';
import { CHAIN_ANSWERS } from './answers/chain-answers.js';
import { INFERENCE_ANSWERS } from './answers/inference-answers.js';
import { LEARNING_ANSWERS } from './answers/learning-answers.js';
import { JSON_TYPE, TEXT_TYPE, LINES_TYPE, STREAM_TYPE, CSV_TYPE, type Answers } from './open-api-success.js';

/** One operation of an OpenAPI description. */
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** How every operation answers when it does not refuse. An operation without an entry is a bug. */
const ANSWERS: Answers = {
  ...CHAIN_ANSWERS,
  ...INFERENCE_ANSWERS,
  ...ACCOUNT_ANSWERS,
  ...AUTONOMY_ANSWERS,
  ...LEARNING_ANSWERS,
};

/** The operations that have an entry. */
export const ANSWERED = Object.keys(ANSWERS);

/** Says of an operation how it answers when it does not refuse. Throws for one that nothing is known of. */
export function describeAnswers(operation: Operation): void {
  const id = operation.operationId ?? '';
  if (!Object.hasOwn(ANSWERS, id)) throw new Error(`nothing says how ${id} answers`);
  operation.responses = Object.fromEntries(
    Object.entries(ANSWERS[id]).map(([status, { description, types }]) => [
      status,
      { description, ...(types.length > 0 && { content: contentOf(types) }) },
    ]),
  );
}

/** Whether the answer is a stream of lines, which is not kept for repetitions. */
export function answersInLines({ operationId = '' }: Operation): boolean {
  return Object.values(ANSWERS[operationId]).some(({ types }) => types.includes(LINES_TYPE));
}

function contentOf(types: readonly string[]) {
  return Object.fromEntries(types.map((type) => [type, { schema: schemaOf(type) }]));
}

function schemaOf(type: string) {
  if (type === JSON_TYPE) return { type: 'object', additionalProperties: true };
  const readable = [TEXT_TYPE, CSV_TYPE, STREAM_TYPE, LINES_TYPE].includes(type);
  return readable ? { type: 'string' } : { type: 'string', format: 'binary' };
}
