import type { Json } from '../../common/canonical-json.js';

/** Keywords whose values are data, not schemas. */
const DATA = new Set(['const', 'enum', 'default', 'examples']);

/** A schema with its references made to hold where it is put: under `root` (a JSON pointer) of another one. */
export function rooted(schema: Json, root: string): Json {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return (schema as Json[]).map((member) => rooted(member, root));
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, rootedMember(keyword, value, root)]),
  );
}

function rootedMember(keyword: string, value: Json, root: string): Json {
  if (keyword === '$ref' && typeof value === 'string' && value.startsWith('#')) return root + value.slice(1);
  return DATA.has(keyword) ? value : rooted(value, root);
}
