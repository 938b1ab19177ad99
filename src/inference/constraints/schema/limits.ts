import type { Json } from '../../../common/canonical-json.js';
import { tooLarge } from './refusals.js';

/** Characters of a schema as compact JSON at most. */
export const MOST_CHARACTERS = 65_536;
/** Levels of JSON within a schema at most. */
const DEEPEST_SCHEMA = 64;
/** Alternatives of one `anyOf` at most, those within alternatives included. */
export const MOST_ALTERNATIVES = 64;
/** Largest number that lengths are given as. */
export const LONGEST = 1_000_000;

/** Refuses (`SCHEMA_TOO_LARGE`) what is nested too deeply, without going deeper than that itself. */
export function checkDepth(value: Json, depth = 0): void {
  if (depth > DEEPEST_SCHEMA) tooLarge('#', `it is nested more than ${DEEPEST_SCHEMA} levels deep`);
  if (typeof value !== 'object' || value === null) return;
  for (const member of Object.values(value)) checkDepth(member, depth + 1);
}
