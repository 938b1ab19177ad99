import { ToolCallReader, type CallStyle, type ToolEvent } from '../tools/index.js';

/** A call in an answer, whole or in pieces: the first piece has id, type and name. */
export interface AnsweredCall {
  readonly index: number;
  readonly id?: string;
  readonly type?: 'function';
  readonly function: { readonly name?: string; readonly arguments: string };
}

/** `delta` of a chunk. */
export interface ChatDelta {
  readonly content?: string;
  readonly tool_calls?: readonly AnsweredCall[];
}

/** Text of one choice in, content and calls out. */
export class ChatDeltas {
  private readonly reader: ToolCallReader | null;
  private calls = 0;

  /** @param idPrefix what the ids of calls begin with */
  constructor(
    tools: { readonly names: readonly string[]; readonly style: CallStyle } | undefined,
    private readonly idPrefix: string,
  ) {
    this.reader = tools === undefined ? null : new ToolCallReader(tools.names, tools.style);
  }

  /** Whether there was a call so far. */
  get called(): boolean {
    return this.calls > 0;
  }

  /** What a piece of text brings; null = nothing yet. */
  push(text: string): ChatDelta | null {
    if (this.reader !== null) return this.delta(this.reader.push(text));
    return text === '' ? null : { content: text };
  }

  /** What was held back, when no text follows; null = nothing. */
  end(): ChatDelta | null {
    return this.reader === null ? null : this.delta(this.reader.end());
  }

  private delta(events: readonly ToolEvent[]): ChatDelta | null {
    if (events.length === 0) return null;
    let content = '';
    const calls = new Map<number, AnsweredCall>();
    for (const event of events) {
      if (event.type === 'content') content += event.text;
      else if (event.type === 'call') calls.set(this.calls, this.begun(event.name));
      else {
        const index = this.calls - 1;
        const call = calls.get(index) ?? { index, function: { arguments: '' } };
        const text = call.function.arguments + event.text;
        calls.set(index, { ...call, function: { ...call.function, arguments: text } });
      }
    }
    return {
      ...(content === '' ? {} : { content }),
      ...(calls.size === 0 ? {} : { tool_calls: [...calls.values()] }),
    };
  }

  private begun(name: string): AnsweredCall {
    const index = this.calls++;
    return { index, id: `${this.idPrefix}_${index}`, type: 'function', function: { name, arguments: '' } };
  }
}

/** The message of a whole answer: its content, null where it only calls, and its calls. */
export function answeredMessage(deltas: ChatDeltas, text: string) {
  const parts = [deltas.push(text), deltas.end()];
  const content = parts.map((part) => part?.content ?? '').join('');
  const calls = parts.flatMap((part) => part?.tool_calls ?? []).map(({ index: _index, ...call }) => call);
  const spoken = calls.length > 0 && content.trim() === '' ? null : content;
  return {
    role: 'assistant',
    content: spoken,
    refusal: null,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}
