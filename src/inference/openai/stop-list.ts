import { ValidateBy } from 'class-validator';

const MAX_STOPS = 16;
const MAX_LENGTH = 256;

/** A stop string, or up to 16 of them, each of 1 to 256 characters of well-formed Unicode. */
export function IsStopList(): PropertyDecorator {
  return ValidateBy({
    name: 'isStopList',
    validator: {
      validate: isStopList,
      defaultMessage: () =>
        `$property must be a string or up to ${MAX_STOPS} strings, each of 1 to ${MAX_LENGTH} characters`,
    },
  });
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
