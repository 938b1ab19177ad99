import { ValidationPipe, type ArgumentMetadata } from '@nestjs/common';

/** Queries remembered of one class; all are dropped when there are more. */
const MOST_KNOWN = 512;
/** Longer ones are checked each time, characters. */
const LONGEST = 256;

/**
 * A validation pipe that remembers which queries and path parameters were right: few different ones are asked again and again, and
 * checking one takes a third of a small request. The rules of a class never change and see nothing but the text, so the verdict
 * does not either. What is wrong, and every body, is checked each time.
 */
export class KnownQueriesPipe extends ValidationPipe {
  private readonly known = new WeakMap<object, Map<string, object>>();

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const key = keyOf(value, metadata);
    if (key === null) return super.transform(value, metadata);
    const queries = this.queriesOf(metadata.metatype as object);
    const found = queries.get(key);
    if (found !== undefined) return copyOf(found);
    const checked: unknown = await super.transform(value, metadata);
    if (!isFlat(checked)) return checked;
    if (queries.size >= MOST_KNOWN) queries.clear();
    queries.set(key, copyOf(checked));
    return checked;
  }

  private queriesOf(type: object): Map<string, object> {
    const known = this.known.get(type) ?? new Map<string, object>();
    this.known.set(type, known);
    return known;
  }
}

/** The text of a query or of path parameters that a class describes; null for everything else. */
function keyOf(value: unknown, { type, metatype }: ArgumentMetadata): string | null {
  if ((type !== 'query' && type !== 'param') || metatype === undefined) return null;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const key = JSON.stringify(value);
  return key.length > LONGEST ? null : key;
}

function isFlat(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((field) => typeof field !== 'object' || field === null);
}

/** Handlers get an object of their own, which they may change. */
function copyOf(query: object): object {
  return Object.assign(Object.create(Object.getPrototypeOf(query) as object | null) as object, query);
}
