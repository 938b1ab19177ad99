import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import type { TextRules } from '../constraints/index.js';

/** `response_format` of OpenAI's API. */
export type ResponseFormat =
  | { readonly type: 'text' | 'json_object' }
  | { readonly type: 'json_schema'; readonly json_schema: JsonSchemaFormat };

/** A schema by name; the name serves the client alone. */
interface JsonSchemaFormat {
  readonly name: string;
  readonly schema?: object;
  readonly description?: string;
  readonly strict?: boolean | null;
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const LONGEST_DESCRIPTION = 4096;
const ANY_OBJECT = { type: 'object' };

const SCHEMA_FORMAT = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: NAME.source },
    schema: { type: 'object', additionalProperties: true },
    description: { type: 'string', maxLength: LONGEST_DESCRIPTION },
    strict: { type: 'boolean', description: 'Has no effect: the schema is always obeyed.' },
  },
  additionalProperties: false,
};

/** `{type: "text" | "json_object"}` or `{type: "json_schema", json_schema: {name, schema, description, strict}}`. */
export function IsResponseFormat(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      description:
        'What the answer must be: any text, any JSON object, or a value that a JSON Schema allows. The answer always obeys: it is steered to an end within max_tokens, and cut off only where that leaves no room for the bytes of a short value, or where a stop string occurs in it. docs/formats/constraint.md lists the keywords; others are refused by name.',
      anyOf: [
        {
          type: 'object',
          required: ['type'],
          properties: { type: { type: 'string', enum: ['text', 'json_object'] } },
          additionalProperties: false,
        },
        {
          type: 'object',
          required: ['type', 'json_schema'],
          properties: { type: { type: 'string', enum: ['json_schema'] }, json_schema: SCHEMA_FORMAT },
          additionalProperties: false,
        },
      ],
    }),
    ValidateBy({
      name: 'isResponseFormat',
      validator: {
        validate: isResponseFormat,
        defaultMessage: () =>
          '$property must be {type: "text"}, {type: "json_object"} or {type: "json_schema", json_schema: {name, schema}}',
      },
    }),
  );
}

/** What a response format asks of the text; undefined = nothing. */
export function formatRules(format: ResponseFormat | null | undefined): TextRules | undefined {
  if (format === null || format === undefined || format.type === 'text') return undefined;
  const schema = format.type === 'json_schema' ? (format.json_schema.schema ?? ANY_OBJECT) : ANY_OBJECT;
  return { schema: JSON.stringify(schema) };
}

function isResponseFormat(value: unknown): value is ResponseFormat {
  if (typeof value !== 'object' || value === null) return false;
  const { type, json_schema: schema, ...others } = value as Record<string, unknown>;
  if (Object.keys(others).length > 0) return false;
  if (type === 'json_schema') return isSchemaFormat(schema);
  return (type === 'text' || type === 'json_object') && schema === undefined;
}

function isSchemaFormat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, schema, description, strict, ...others } = value as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    NAME.test(name) &&
    (schema === undefined || (typeof schema === 'object' && schema !== null && !Array.isArray(schema))) &&
    (description === undefined ||
      (typeof description === 'string' && description.length <= LONGEST_DESCRIPTION)) &&
    (strict === undefined || strict === null || typeof strict === 'boolean') &&
    Object.keys(others).length === 0
  );
}
