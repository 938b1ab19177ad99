import { CodedError } from '../../../common/errors.js';

/** Where in a schema something stands, as a JSON pointer (`#/properties/name`). */
export type SchemaPath = string;

/** Thrown while a schema is read and caught where reading began: what is wrong with it. */
export class SchemaRefusal extends Error {
  constructor(readonly reason: CodedError) {
    super(reason.message);
  }
}

/** A keyword, or a use of it, that is not among the supported ones. */
export function unsupported(path: SchemaPath, what: string): never {
  throw refusal('SCHEMA_UNSUPPORTED', `${what} is not supported in a schema (at ${path}).`, path);
}

/** Something no JSON Schema may have. */
export function invalid(path: SchemaPath, what: string): never {
  throw refusal('SCHEMA_INVALID', `The schema is not valid: ${what} (at ${path}).`, path);
}

/** A schema beyond the limits. */
export function tooLarge(path: SchemaPath, what: string): never {
  throw refusal('SCHEMA_TOO_LARGE', `The schema is too large: ${what}.`, path);
}

/** A schema that no value obeys. */
export function unsatisfiable(path: SchemaPath): never {
  throw refusal('SCHEMA_UNSATISFIABLE', `No value can obey the schema (at ${path}).`, path);
}

function refusal(code: string, message: string, path: SchemaPath): SchemaRefusal {
  return new SchemaRefusal(new CodedError(code, message, { path }, 400));
}
