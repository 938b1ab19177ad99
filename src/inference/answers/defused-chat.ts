import type { Json } from '../../common/index.js';
import type { ChatMessage } from '../tokenizer/chat-template.js';
import { templateTools, type ToolUse } from '../tools/index.js';

/** What a chat template is given. */
export interface Chat {
  readonly messages: readonly ChatMessage[];
  /** In OpenAI's form; null = none. */
  readonly tools: readonly Json[] | null;
}

/** A conversation as templates take it. */
export function chatOf(messages: readonly ChatMessage[], tools: ToolUse | undefined): Chat {
  return { messages, tools: tools === undefined ? null : templateTools(tools) };
}

/** Every text that people wrote into a chat: contents, names, and all that is in calls and tools. */
export function writtenTexts(chat: Chat): string[] {
  const texts: string[] = [];
  mapTexts(chat as unknown as Json, (text) => {
    texts.push(text);
    return text;
  });
  return texts;
}

/** A chat with every text in it changed; roles and the template's own words stay. */
export function withTexts({ messages, tools }: Chat, change: (text: string) => string): Chat {
  return {
    messages: messages.map(({ role, ...written }) => {
      const changed = mapTexts(written as unknown as Json, change) as unknown as Omit<ChatMessage, 'role'>;
      return { ...changed, role };
    }),
    tools: tools === null ? null : (mapTexts(tools, change) as readonly Json[]),
  };
}

/** Names of members that come from OpenAI's form are texts of their own: nothing in them can be changed by mistake. */
function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as Json[]).map((member) => mapTexts(member, change));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [change(name), mapTexts(member, change)]),
  );
}
