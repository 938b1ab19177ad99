import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';

/** Inputs of one request; OpenAI's limit. */
export const MAX_INPUTS = 2_048;
const MAX_IDS = 1 << 17;

/** A text or token ids to embed. */
export type EmbeddingInput = { readonly text: string } | { readonly ids: readonly number[] };

const IDS = {
  type: 'array',
  items: { type: 'integer', minimum: 0 },
  minItems: 1,
  maxItems: MAX_IDS,
} as const;
const TEXT = { type: 'string', minLength: 1 } as const;
const SEVERAL = { type: 'array', minItems: 1, maxItems: MAX_INPUTS } as const;

/** A text, a list of token ids, or up to 2,048 of one of these. */
export function IsInputList(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ anyOf: [TEXT, IDS, { ...SEVERAL, items: TEXT }, { ...SEVERAL, items: IDS }] }),
    ValidateBy({
      name: 'isInputList',
      validator: {
        validate: (value) => inputList(value) !== null,
        defaultMessage: () =>
          `$property must be a text, a list of token ids, or up to ${MAX_INPUTS} of one of these, none of them empty`,
      },
    }),
  );
}

/** The inputs of a request; null when they are none. */
export function inputList(value: unknown): readonly EmbeddingInput[] | null {
  const single = inputOf(value);
  if (single !== null) return [single];
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_INPUTS) return null;
  const inputs = value.map(inputOf);
  if (new Set(value.map((member) => typeof member)).size > 1) return null;
  return inputs.every((input) => input !== null) ? inputs : null;
}

function inputOf(value: unknown): EmbeddingInput | null {
  if (typeof value === 'string') return value === '' ? null : { text: value };
  const isList = Array.isArray(value) && value.length > 0 && value.length <= MAX_IDS;
  return isList && value.every(isTokenId) ? { ids: value } : null;
}

function isTokenId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
