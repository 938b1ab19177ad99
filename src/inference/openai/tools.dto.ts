import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import type { Json } from '../../common/index.js';
import type { ToolUse } from '../tools/index.js';

/** A function as OpenAI's clients offer it. */
export interface FunctionTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string | null;
    readonly parameters?: Json;
    readonly strict?: boolean | null;
  };
}

/** `tool_choice` of OpenAI's API. */
export type ToolChoice =
  'none' | 'auto' | 'required' | { readonly type: 'function'; readonly function: { readonly name: string } };

const MOST_TOOLS = 128;
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const LONGEST_DESCRIPTION = 8192;

const FUNCTION_SCHEMA = {
  type: 'object',
  required: ['type', 'function'],
  properties: {
    type: { type: 'string', enum: ['function'] },
    function: {
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string', pattern: NAME.source },
        description: { type: 'string', maxLength: LONGEST_DESCRIPTION },
        parameters: { type: 'object', additionalProperties: true },
        strict: { type: 'boolean', description: 'Has no effect: calls that are asked for obey the schema.' },
      },
    },
  },
};

/** Up to 128 functions of different names. */
export function IsToolList(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: 'array', maxItems: MOST_TOOLS, items: FUNCTION_SCHEMA }),
    ValidateBy({
      name: 'isToolList',
      validator: {
        validate: isToolList,
        defaultMessage: () =>
          `$property must be up to ${MOST_TOOLS} {type: "function", function: {name, description, parameters}} of different names`,
      },
    }),
  );
}

/** Whether to call, and what. */
export function IsToolChoice(): PropertyDecorator {
  const named = {
    type: 'object',
    required: ['type', 'function'],
    properties: {
      type: { type: 'string', enum: ['function'] },
      function: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
    },
  };
  return applyDecorators(
    ApiProperty({ anyOf: [{ type: 'string', enum: ['none', 'auto', 'required'] }, named] }),
    ValidateBy({
      name: 'isToolChoice',
      validator: {
        validate: isToolChoice,
        defaultMessage: () =>
          '$property must be "none", "auto", "required" or {type: "function", function: {name}}',
      },
    }),
  );
}

/** What a request says about tools; undefined = there are none, or none is to be called. Null: the choice names no tool. */
export function toolUse(
  tools: readonly FunctionTool[] | null | undefined,
  choice: ToolChoice | null | undefined,
  parallel: boolean | null | undefined,
): ToolUse | null | undefined {
  if ((tools ?? []).length === 0)
    return choice === undefined || choice === null || choice === 'none' || choice === 'auto'
      ? undefined
      : null;
  if (choice === 'none') return undefined;
  const definitions = (tools ?? []).map(({ function: { name, description, parameters } }) => ({
    name,
    ...(typeof description === 'string' ? { description } : {}),
    ...(parameters === undefined ? {} : { parameters }),
  }));
  const wanted =
    typeof choice === 'object' && choice !== null ? { name: choice.function.name } : (choice ?? 'auto');
  if (typeof wanted === 'object' && !definitions.some(({ name }) => name === wanted.name)) return null;
  return { tools: definitions, choice: wanted, parallel: parallel ?? true };
}

function isToolList(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > MOST_TOOLS || !value.every(isTool)) return false;
  return new Set(value.map((tool) => tool.function.name)).size === value.length;
}

function isTool(value: unknown): value is FunctionTool {
  if (!isRecord(value) || value.type !== 'function' || !onlyHas(value, ['type', 'function'])) return false;
  const called = value.function;
  return (
    isRecord(called) &&
    onlyHas(called, ['name', 'description', 'parameters', 'strict']) &&
    isName(called.name) &&
    isDescription(called.description) &&
    (called.parameters === undefined || isRecord(called.parameters)) &&
    [undefined, null, true, false].includes(called.strict as boolean)
  );
}

function isToolChoice(value: unknown): boolean {
  if (typeof value === 'string') return ['none', 'auto', 'required'].includes(value);
  if (!isRecord(value) || value.type !== 'function' || !onlyHas(value, ['type', 'function'])) return false;
  return isRecord(value.function) && isName(value.function.name) && onlyHas(value.function, ['name']);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && NAME.test(value);
}

function isDescription(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (typeof value === 'string' && value.length <= LONGEST_DESCRIPTION)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function onlyHas(value: object, names: readonly string[]): boolean {
  return Object.keys(value).every((name) => names.includes(name));
}
