import * as jinja from '@huggingface/jinja';
import { CodedError, err, messageOf, ok, type Json, type Result } from '../../common/index.js';
import { callStyle, type CallStyle } from '../tools/index.js';
import { isObject, type TokenizerSource } from './tokenizer-source.js';

/** A message as the template sees it. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  readonly name?: string;
  /** Calls the assistant made; `arguments` is an object, as templates expect it. */
  readonly tool_calls?: readonly ChatToolCall[];
  /** The call a message of the role `tool` answers. */
  readonly tool_call_id?: string;
}

/** A call of a function in a conversation. */
export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: Json };
}

/** The part of the library used here; its own type files do not resolve under NodeNext. */
interface JinjaInterpreter {
  run(program: unknown): { readonly value: unknown };
  evaluate(statement: unknown, environment: unknown): { readonly value: unknown };
}
interface JinjaEnvironment {
  set(name: string, value: unknown): unknown;
}
const { Environment, Interpreter, Template } = jinja as unknown as {
  Environment: new () => JinjaEnvironment;
  Interpreter: new (environment: JinjaEnvironment) => JinjaInterpreter;
  Template: new (text: string) => { readonly parsed: unknown };
};

/** The template that is told of tools, and how its model calls them. */
interface ToolTemplate {
  readonly template: { readonly parsed: unknown };
  readonly style: CallStyle;
}

const MENTIONS_TOOLS = /\btools\b/;
const MAX_TEMPLATE = 1 << 18;
const MAX_STEPS = 1_000_000;
const MAX_TEXT = 8 << 20;
const CONSTANTS = { true: true, false: false, none: null, True: true, False: false, None: null };
const TOKEN_NAMES = ['bos_token', 'eos_token', 'unk_token', 'pad_token', 'sep_token', 'cls_token'];

/** The chat template of a model (Jinja), run with bounds on steps and text: it comes from whoever made the checkpoint. */
export class ChatTemplate {
  private constructor(
    private readonly template: { readonly parsed: unknown },
    private readonly variables: Readonly<Record<string, string>>,
    private readonly toolTemplate: ToolTemplate | null,
  ) {}

  /** How the model writes calls of tools; null when its template does not know of tools. */
  get callStyle(): CallStyle | null {
    return this.toolTemplate?.style ?? null;
  }

  /** Null when the model has no template; refuses with `CHAT_TEMPLATE_INVALID` one that cannot be parsed. */
  static create(source: TokenizerSource): Result<ChatTemplate | null> {
    const text = templateText(source.config.chat_template, 'default');
    if (text === null) return ok(null);
    const toolText = templateText(source.config.chat_template, 'tool_use') ?? text;
    if (Math.max(text.length, toolText.length) > MAX_TEMPLATE)
      return invalid(`longer than ${MAX_TEMPLATE} characters`);
    try {
      const variables = TOKEN_NAMES.map((name) => [name, tokenText(source.config[name])] as const);
      const known = variables.filter((entry): entry is [string, string] => entry[1] !== null);
      const tools = MENTIONS_TOOLS.test(toolText)
        ? { template: new Template(toolText), style: callStyle(toolText) }
        : null;
      return ok(new ChatTemplate(new Template(text), Object.fromEntries(known), tools));
    } catch (thrown) {
      return invalid(messageOf(thrown));
    }
  }

  /**
   * The prompt for a conversation, ready for the assistant's turn; refuses with `CHAT_TEMPLATE_FAILED`. @param tools in
   * OpenAI's form; only where there is a `callStyle`
   */
  render(messages: readonly ChatMessage[], tools: readonly Json[] | null = null): Result<string> {
    const environment = new Environment();
    for (const [name, value] of Object.entries(CONSTANTS)) environment.set(name, value);
    environment.set('raise_exception', (message: unknown) => {
      throw new Error(String(message));
    });
    environment.set('range', boundedRange);
    for (const [name, value] of Object.entries(this.variables)) environment.set(name, value);
    environment.set('messages', messages);
    environment.set('add_generation_prompt', true);
    if (tools !== null) environment.set('tools', tools);
    const template = tools === null ? this.template : (this.toolTemplate?.template ?? this.template);
    try {
      return ok(new BoundedInterpreter(environment).run(template.parsed).value as string);
    } catch (thrown) {
      const detail = `the model's chat template refuses these messages: ${messageOf(thrown)}`;
      return err(new CodedError('CHAT_TEMPLATE_FAILED', detail));
    }
  }
}

/** Counts evaluations and watches the size of strings, so that no template can hold the server up. */
class BoundedInterpreter extends Interpreter {
  private steps = 0;

  override evaluate(statement: unknown, environment: unknown): { readonly value: unknown } {
    if (++this.steps > MAX_STEPS) throw new Error(`it takes more than ${MAX_STEPS} steps`);
    const result = super.evaluate(statement, environment);
    if (typeof result.value === 'string' && result.value.length > MAX_TEXT) {
      throw new Error(`it makes more than ${MAX_TEXT} characters`);
    }
    return result;
  }
}

function boundedRange(start: number, stop?: number, step = 1): number[] {
  const [first, end] = stop === undefined ? [0, start] : [start, stop];
  if (step === 0) throw new Error('range() step must not be zero');
  if (Math.abs((end - first) / step) > MAX_STEPS) throw new Error('range() is too long');
  const numbers: number[] = [];
  for (let value = first; step > 0 ? value < end : value > end; value += step) numbers.push(value);
  return numbers;
}

/** A template is a string, which then serves for `default`, or a list of named ones. */
function templateText(value: Json | undefined, name: 'default' | 'tool_use'): string | null {
  if (typeof value === 'string') return name === 'default' ? value : null;
  if (!Array.isArray(value)) return null;
  const named = (value as Json[]).filter(isObject).find((entry) => entry.name === name);
  return typeof named?.template === 'string' ? named.template : null;
}

function tokenText(value: Json | undefined): string | null {
  if (typeof value === 'string') return value;
  return isObject(value) && typeof value.content === 'string' ? value.content : null;
}

function invalid(detail: string): Result<never> {
  return err(
    new CodedError('CHAT_TEMPLATE_INVALID', `the model's chat template cannot be used: ${detail}`, {}, 503),
  );
}
