import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import type { Json } from '../../common/index.js';
import type { ChatToolCall } from '../tokenizer/chat-template.js';

/** A call in a message of the assistant, as OpenAI's clients send it back. */
export interface MessageToolCall {
  readonly id: string;
  readonly type: 'function';
  /** `arguments`: JSON text of an object. */
  readonly function: { readonly name: string; readonly arguments: string };
}

const MOST_CALLS = 128;
const LONGEST_ID = 256;
const LONGEST_NAME = 64;

/** Calls the assistant made, arguments as JSON text of an object. */
export function IsToolCallList(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      type: 'array',
      maxItems: MOST_CALLS,
      items: {
        type: 'object',
        required: ['id', 'type', 'function'],
        properties: {
          id: { type: 'string', minLength: 1, maxLength: LONGEST_ID },
          type: { type: 'string', enum: ['function'] },
          function: {
            type: 'object',
            required: ['name', 'arguments'],
            properties: { name: { type: 'string' }, arguments: { type: 'string' } },
          },
        },
      },
    }),
    ValidateBy({
      name: 'isToolCallList',
      validator: {
        validate: (value) => Array.isArray(value) && value.length <= MOST_CALLS && value.every(isCall),
        defaultMessage: () =>
          '$property must be a list of {id, type: "function", function: {name, arguments}}, arguments being JSON text of an object',
      },
    }),
  );
}

/** Calls as chat templates take them: their arguments read. */
export function templateCalls(calls: readonly MessageToolCall[]): ChatToolCall[] {
  return calls.map(({ id, function: { name, arguments: text } }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.parse(text) as Json },
  }));
}

function isCall(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id, type, function: called } = value as Partial<MessageToolCall>;
  if (!isText(id, LONGEST_ID) || type !== 'function') return false;
  return (
    typeof called === 'object' &&
    called !== null &&
    isText(called.name, LONGEST_NAME) &&
    isArguments(called.arguments)
  );
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= longest;
}

function isArguments(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    const parsed = JSON.parse(value) as unknown;
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}
