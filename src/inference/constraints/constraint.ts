/** What texts a request asks for: one JSON value that a schema allows, or, with `around`, several, each between two texts. */
export interface TextRules {
  /** A JSON Schema of the supported kind, as JSON text: properties are written in its order, which canonical JSON loses. */
  readonly schema: string;
  readonly around?: Surroundings;
}

/**
 * What an answer must obey. Data that a receipt's evidence carries; what it means for a text is fixed by the version
 * (docs/formats/constraint.md). Version 1 has no `tokens`: its answers were cut where they were too long.
 */
export type Constraint = TextRules &
  (
    | { readonly version: 1 }
    | {
        readonly version: 2;
        /** Tokens the answer has at most, the one that ends it included: it is steered to an end within them. */
        readonly tokens: number;
      }
  );

/** What stands around values: `before value after (between before value after)*`. */
export interface Surroundings {
  readonly before: string;
  readonly after: string;
  readonly between: string;
  /** Values at most, 1 … 64. */
  readonly most: number;
}

/** The constraint of an answer of at most so many tokens, the one that ends it included. */
export function withinTokens(rules: TextRules, tokens: number): Constraint {
  return tokens === 0 ? { version: 1, ...rules } : { version: 2, ...rules, tokens };
}

/** Most values a constraint with `around` may have. */
export const MOST_VALUES = 64;
const MOST_TOKENS = 2 ** 31 - 1;
const LONGEST_TEXT = 256;
const LONGEST_SCHEMA = 65_536;

/** Whether untrusted data has the form of a constraint; the schema in it is not read. */
export function isConstraint(value: unknown): value is Constraint {
  if (typeof value !== 'object' || value === null) return false;
  const { version, schema, around, tokens, ...others } = value as Record<string, unknown>;
  const steered = version === 2 && isCount(tokens, MOST_TOKENS);
  return (
    (steered || (version === 1 && !('tokens' in value))) &&
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
    isCount(most, MOST_VALUES) &&
    Object.keys(others).length === 0
  );
}

function isCount(value: unknown, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most;
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === 'string' && value.length <= longest && value.isWellFormed();
}
