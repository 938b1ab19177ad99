import type { Json } from '../../../src/common/canonical-json.js';

/** A place at which two records do not say the same; `undefined` where one of them says nothing. */
export interface RecordDifference {
  /** As in `paid.0.amount`. */
  readonly place: string;
  readonly shown: string | undefined;
  readonly computed: string | undefined;
}

/** Places at which a record that is shown and one that was worked out differ, in their order. */
export function recordDifferences(
  shown: Json | undefined,
  computed: Json | undefined,
  place = '',
): RecordDifference[] {
  if (!isBranch(shown) || !isBranch(computed))
    return textOf(shown) === textOf(computed)
      ? []
      : [{ place, shown: textOf(shown), computed: textOf(computed) }];
  const names = new Set([...Object.keys(shown), ...Object.keys(computed)]);
  return [...names].flatMap((name) =>
    recordDifferences(shown[name], computed[name], place === '' ? name : `${place}.${name}`),
  );
}

/** Lists are read as members by their numbers. */
function isBranch(value: Json | undefined): value is Record<string, Json> {
  return typeof value === 'object' && value !== null;
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
}
