import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { CommandContext } from '../command-context.js';
import type { CommandHost } from '../with-application.js';
import { chatTurn, type ChatAnswer, type ChatMessageLine, type ChatSettings } from './chat-turn.js';

interface ChatOptions {
  readonly prompt?: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
}

/** Talks to a model, or asks it once when there is a prompt. */
export async function chat(
  context: CommandContext,
  model: string,
  { prompt, ...options }: ChatOptions,
): Promise<void> {
  const settings = { model, ...options };
  await context.withApplication((host) =>
    prompt === undefined ? converse(host, settings, context) : answerOnce(host, settings, prompt, context),
  );
}

async function answerOnce(
  host: CommandHost,
  settings: ChatSettings,
  prompt: string,
  context: CommandContext,
): Promise<void> {
  const answer = await ask(host, settings, [{ role: 'user', content: prompt }], context);
  if (context.json) context.print({ ...answer }, '');
  else finishLine(answer);
}

/** Reads prompts line by line; Ctrl-C stops an answer, at the prompt it ends the conversation, as Ctrl-D does. */
async function converse(host: CommandHost, settings: ChatSettings, context: CommandContext): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stderr, prompt: '> ' });
  const messages: ChatMessageLine[] = [];
  const showPrompt = () => void (process.stdin.isTTY && lines.prompt());
  lines.on('SIGINT', () => lines.close());
  showPrompt();
  for await (const line of lines) {
    const content = line.trim();
    if (content !== '') {
      messages.push({ role: 'user', content });
      const answer = await askInterruptibly(lines, host, settings, messages, context);
      messages.push({ role: 'assistant', content: answer.text });
      if (context.json) context.print({ ...answer }, '');
      else finishLine(answer);
    }
    showPrompt();
  }
}

async function askInterruptibly(
  lines: Interface,
  host: CommandHost,
  settings: ChatSettings,
  messages: readonly ChatMessageLine[],
  context: CommandContext,
): Promise<ChatAnswer> {
  const stop = new AbortController();
  const closers = lines.listeners('SIGINT') as (() => void)[];
  lines.removeAllListeners('SIGINT');
  lines.on('SIGINT', () => stop.abort());
  try {
    return await ask(host, settings, messages, context, stop.signal);
  } finally {
    lines.removeAllListeners('SIGINT');
    for (const close of closers) lines.on('SIGINT', close);
  }
}

async function ask(
  host: CommandHost,
  settings: ChatSettings,
  messages: readonly ChatMessageLine[],
  context: CommandContext,
  signal: AbortSignal = new AbortController().signal,
): Promise<ChatAnswer> {
  const onText = (text: string) => void (context.json || process.stdout.write(text));
  const answer = await chatTurn(host, settings, messages, { signal, onText });
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  return answer;
}

/** The receipt goes to stderr, so that stdout holds the answer and nothing else. */
function finishLine({ receipt, finish }: ChatAnswer): void {
  process.stdout.write('\n');
  process.stderr.write(`[${finish}${receipt === null ? '' : `, receipt ${receipt}`}]\n`);
}
