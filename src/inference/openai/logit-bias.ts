import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { isBias, MOST_BIASED, type LogitBias } from '../sampler/index.js';

const TOKEN_ID = /^(?:0|[1-9][0-9]{0,9})$/;

/** A number from -100 to 100 for each of up to 1024 token ids. */
export function IsLogitBias(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      type: 'object',
      additionalProperties: { type: 'number', minimum: -100, maximum: 100 },
      maxProperties: MOST_BIASED,
      description: 'By token id: what is added to its logit, after penalties and before temperature.',
    }),
    ValidateBy({
      name: 'isLogitBias',
      validator: {
        validate: isBiasObject,
        defaultMessage: () =>
          `$property must be an object of up to ${MOST_BIASED} token ids, each with a number from -100 to 100`,
      },
    }),
  );
}

/** A bias as the sampler takes it: ids ascending, those with no bias left out; undefined = none. */
export function logitBias(value: Readonly<Record<string, number>> | null | undefined): LogitBias | undefined {
  const pairs = Object.entries(value ?? {}).map(([id, bias]) => [Number(id), bias] as const);
  const given = pairs.filter(([, bias]) => bias !== 0).sort(([a], [b]) => a - b);
  return given.length === 0 ? undefined : given;
}

function isBiasObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MOST_BIASED &&
    entries.every(([id, bias]) => TOKEN_ID.test(id) && (Object.is(bias, -0) || isBias(bias)))
  );
}
