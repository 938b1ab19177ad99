import type { Json } from '../../common/canonical-json.js';
import type { TextRules } from '../constraints/index.js';
import { rooted } from './rooted-schema.js';

/** A function that the model may ask its caller to call. */
export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments; none = it takes no arguments. */
  readonly parameters?: Json;
}

/** What a request says about tools. */
export interface ToolUse {
  readonly tools: readonly ToolDefinition[];
  /** `auto`: the model decides; `required`: it must call; a name: it must call that one. */
  readonly choice: 'auto' | 'required' | { readonly name: string };
  /** Whether it may make several calls in one answer. */
  readonly parallel: boolean;
}

/** How a model writes a call: as bare JSON, or between tags as the models of the Hermes and Qwen families do. */
export type CallStyle = 'json' | 'tags';

/** Calls in one answer at most. */
export const MOST_CALLS = 16;
/** What stands around a call in the style of tags. */
export const CALL_TAGS = { before: '<tool_call>', after: '</tool_call>' } as const;

const NO_ARGUMENTS: Json = { type: 'object', properties: {}, additionalProperties: false };

/** The style that a chat template teaches: tags where it mentions them, else JSON. */
export function callStyle(template: string): CallStyle {
  return template.includes(CALL_TAGS.before) ? 'tags' : 'json';
}

/** Tools as chat templates take them: OpenAI's form. */
export function templateTools({ tools }: ToolUse): Json[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters: parameters ?? { type: 'object', properties: {} },
    },
  }));
}

/**
 * The rules that an answer is nothing but calls, `{"name": …, "arguments": {…}}`, with arguments as the tools want them;
 * undefined where the model may decide. Several calls: one after the other between tags, or a JSON array.
 */
export function callRules(use: ToolUse, style: CallStyle): TextRules | undefined {
  const { choice, parallel, tools } = use;
  if (choice === 'auto') return undefined;
  const callable = choice === 'required' ? tools : tools.filter(({ name }) => name === choice.name);
  const most = parallel ? MOST_CALLS : 1;
  if (style === 'tags') {
    const around = { before: `${CALL_TAGS.before}\n`, after: `\n${CALL_TAGS.after}`, between: '\n', most };
    return {
      schema: JSON.stringify({ $ref: '#/$defs/call', $defs: definitions(callable) }),
      around,
    };
  }
  const several = { type: 'array', items: { $ref: '#/$defs/call' }, minItems: 1, maxItems: MOST_CALLS };
  const one = { $ref: '#/$defs/call' };
  const schema = { anyOf: parallel ? [one, several] : [one], $defs: definitions(callable) };
  return { schema: JSON.stringify(schema) };
}

function definitions(tools: readonly ToolDefinition[]): Json {
  const calls = tools.map(({ name }, i) => ({
    type: 'object',
    properties: { name: { const: name }, arguments: { $ref: `#/$defs/arguments${i}` } },
    required: ['name', 'arguments'],
    additionalProperties: false,
  }));
  const parameters = tools.map(({ parameters }, i) => [
    `arguments${i}`,
    rooted(parameters ?? NO_ARGUMENTS, `#/$defs/arguments${i}`),
  ]);
  return { call: { anyOf: calls }, ...(Object.fromEntries(parameters) as Record<string, Json>) };
}
