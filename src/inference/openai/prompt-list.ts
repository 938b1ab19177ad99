import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import type { AnswerPrompt } from '../answers/answer-request.js';

const MAX_IDS = 1 << 20;

/** A text, a list of token ids, or a list holding one of these. */
export function IsPrompt(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      anyOf: [
        { type: 'string' },
        { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 1, maxItems: MAX_IDS },
        { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 1 },
        {
          type: 'array',
          items: { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 1, maxItems: MAX_IDS },
          minItems: 1,
          maxItems: 1,
        },
      ],
    }),
    ValidateBy({
      name: 'isPrompt',
      validator: {
        validate: (value) => promptOf(value) !== null,
        defaultMessage: () =>
          '$property must be one text or one list of token ids (several prompts in one request are not supported)',
      },
    }),
  );
}

/** The one prompt of a request; null when it is none, or more than one. */
export function promptOf(value: unknown): AnswerPrompt | null {
  if (typeof value === 'string') return { text: value };
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_IDS) return null;
  if (value.every(isTokenId)) return { ids: value };
  return value.length === 1 ? promptOf(value[0]) : null;
}

function isTokenId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
