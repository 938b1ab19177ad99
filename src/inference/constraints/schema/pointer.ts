import type { Json } from '../../../common/canonical-json.js';
import { invalid, unsupported, type SchemaPath } from './refusals.js';

/** What a reference within a schema names (RFC 6901); refuses references to anywhere else. */
export function resolvePointer(root: Json, reference: string, path: SchemaPath): Json {
  if (reference !== '#' && !reference.startsWith('#/'))
    unsupported(path, `$ref to ${JSON.stringify(reference)}`);
  let found: Json | undefined = root;
  for (const part of reference.split('/').slice(1)) found = member(found, unescape(part));
  if (found === undefined)
    return invalid(path, `$ref names ${JSON.stringify(reference)}, which is not there`);
  return found;
}

function member(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, Json>)[name];
}

function unescape(part: string): string {
  const text = part.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
