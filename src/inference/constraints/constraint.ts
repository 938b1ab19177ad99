/** The version of the constraint format this code understands (docs/formats/constraint.md). */
export const CONSTRAINT_VERSION = 1;

/**
 * What a text must obey: it is one JSON value that a schema allows, or, with `around`, several, each between two texts. Data
 * that a receipt's evidence carries; what it means for a text is fixed by the version.
 */
export interface Constraint {
  readonly version: typeof CONSTRAINT_VERSION;
  /** A JSON Schema of the supported kind, as JSON text: properties are written in its order, which canonical JSON loses. */
  readonly schema: string;
  readonly around?: Surroundings;
}

/** What stands around values: `before value after (between before value after)*`. */
export interface Surroundings {
  readonly before: string;
  readonly after: string;
  readonly between: string;
  /** Values at most, 1 … 64. */
  readonly most: number;
}

/** Most values a constraint with `around` may have. */
export const MOST_VALUES = 64;
const LONGEST_TEXT = 256;
const LONGEST_SCHEMA = 65_536;

/** Whether untrusted data has the form of a constraint; the schema in it is not read. */
export function isConstraint(value: unknown): value is Constraint {
  if (typeof value !== 'object' || value === null) return false;
  const { version, schema, around, ...others } = value as Record<string, unknown>;
  return (
    version === CONSTRAINT_VERSION &&
    isText(schema, LONGEST_SCHEMA) &&
    (around === undefined ? !('around' in value) : isSurroundings(around)) &&
    Object.keys(others).length === 0
  );
}

function isSurroundings(value: unknown): value is Surroundings {
  if (typeof value !== 'object' || value === null) return false;
  const { before, after, between, most, ...others } = value as Record<string, unknown>;
  return (
    [before, after, between].every((text) => isText(text, LONGEST_TEXT)) &&
    Number.isSafeInteger(most) &&
    (most as number) >= 1 &&
    (most as number) <= MOST_VALUES &&
    Object.keys(others).length === 0
  );
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === 'string' && value.length <= longest && value.isWellFormed();
}
