import { canonicalJson, type Json } from '../../../common/canonical-json.js';
import { isSchemaObject, TYPES, type SchemaObject, type SchemaType } from './keywords.js';

/** References followed, and properties gone into, at most. */
const DEEPEST_LOOK = 16;

/** Pairs of schemas compared at most for one schema: references could make them endless. */
const MOST_PAIRS = 10_000;

/** Finds the schema behind a `$ref`. */
export type Resolve = (reference: Json) => Json;

/** Sees whether schemas exclude each other, with bounded effort. */
export class Disjointness {
  private pairs = 0;

  constructor(private readonly resolve: Resolve) {}

  /**
   * Whether no value obeys both schemas, as far as it is easily seen: other types, other constants, or objects of which one
   * must have a property that the other must not have or must have with another value. False means: perhaps there is one.
   */
  of(a: Json, b: Json, depth = 0): boolean {
    if (a === false || b === false) return true;
    const [left, right] = [behind(a, this.resolve), behind(b, this.resolve)];
    if (++this.pairs > MOST_PAIRS || depth > DEEPEST_LOOK || left === null || right === null) return false;
    const [constants, others] = [constantsOf(left), constantsOf(right)];
    if (constants !== null && others !== null) return !constants.some((value) => others.includes(value));
    const [kinds, otherKinds] = [kindsOf(left), kindsOf(right)];
    const shared = kinds.filter((kind) => otherKinds.includes(kind));
    if (shared.length === 0) return true;
    if (shared.length > 1 || shared[0] !== 'object') return false;
    const within = (x: Json, y: Json) => this.of(x, y, depth + 1);
    return lacks(left, right) || lacks(right, left) || differ(left, right, within);
  }
}

/** Whether `one` requires a property that `other` must not have. */
function lacks(one: SchemaObject, other: SchemaObject): boolean {
  if (other.additionalProperties !== false) return false;
  const allowed = propertiesOf(other);
  return requiredOf(one).some((name) => !Object.hasOwn(allowed, name));
}

function differ(a: SchemaObject, b: SchemaObject, within: (x: Json, y: Json) => boolean): boolean {
  const [left, right, required] = [propertiesOf(a), propertiesOf(b), requiredOf(b)];
  return requiredOf(a).some(
    (name) =>
      required.includes(name) &&
      Object.hasOwn(left, name) &&
      Object.hasOwn(right, name) &&
      within(left[name], right[name]),
  );
}

function behind(schema: Json, resolve: Resolve): SchemaObject | null {
  let found = schema;
  for (let i = 0; i < DEEPEST_LOOK && isSchemaObject(found) && found.$ref !== undefined; i++) {
    found = resolve(found.$ref);
  }
  const plain =
    isSchemaObject(found) &&
    !['$ref', 'anyOf', 'oneOf', 'allOf'].some((name) => Object.hasOwn(found as object, name));
  return plain ? (found as SchemaObject) : null;
}

function constantsOf(schema: SchemaObject): string[] | null {
  if (schema.const !== undefined) return [canonicalJson(schema.const)];
  return Array.isArray(schema.enum) ? (schema.enum as Json[]).map(canonicalJson) : null;
}

/** An integer is a number too. */
function kindsOf(schema: SchemaObject): string[] {
  const named: readonly Json[] =
    schema.type === undefined ? (constantKinds(schema) ?? TYPES) : [schema.type as Json].flat();
  return [...new Set((named as SchemaType[]).map((type) => (type === 'integer' ? 'number' : type)))];
}

function constantKinds(schema: SchemaObject): SchemaType[] | null {
  const constants = constantsOf(schema);
  return constants?.map((text) => kindOf(JSON.parse(text) as Json)) ?? null;
}

/** The type of a value; an integer's is `number`. */
export function kindOf(value: Json): SchemaType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as SchemaType;
}

function propertiesOf(schema: SchemaObject): SchemaObject {
  return isSchemaObject(schema.properties) ? schema.properties : {};
}

function requiredOf(schema: SchemaObject): string[] {
  const { required } = schema;
  return Array.isArray(required) ? (required as Json[]).filter((name) => typeof name === 'string') : [];
}
