import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';

const MAX_STOPS = 16;
const MAX_LENGTH = 256;
const STOP_SCHEMA = { type: 'string', minLength: 1, maxLength: MAX_LENGTH } as const;

/** A stop string, or up to 16 of them, each of 1 to 256 characters of well-formed Unicode. */
export function IsStopList(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      anyOf: [STOP_SCHEMA, { type: 'array', items: STOP_SCHEMA, maxItems: MAX_STOPS }],
    }),
    ValidateBy({
      name: 'isStopList',
      validator: {
        validate: isStopList,
        defaultMessage: () =>
          `$property must be a string or up to ${MAX_STOPS} strings, each of 1 to ${MAX_LENGTH} characters`,
      },
    }),
  );
}

/** The stop strings of a request as a list. */
export function stopList(value: string | readonly string[] | null | undefined): readonly string[] {
  if (value === null || value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function isStop(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_LENGTH && value.isWellFormed();
}

function isStopList(value: unknown): boolean {
  const stops: unknown[] = Array.isArray(value) ? value : [value];
  return stops.length <= MAX_STOPS && stops.every(isStop);
}
