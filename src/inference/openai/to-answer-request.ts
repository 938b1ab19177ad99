import type { AnswerPrompt, AnswerRequest } from '../answers/answer-request.js';
import type { ChatMessage } from '../tokenizer/chat-template.js';
import type { ChatCompletionDto, ChatMessageDto } from './chat-completion.dto.js';
import type { CompletionDto } from './completion.dto.js';
import type { GenerationDto } from './generation.dto.js';
import { logitBias } from './logit-bias.js';
import { promptOf } from './prompt-list.js';
import { formatRules } from './response-format.js';
import { stopList } from './stop-list.js';
import { joinedText } from './text-content.js';
import { templateCalls } from './tool-messages.js';
import { toolUse } from './tools.dto.js';
import {
  CHAT_NEUTRAL,
  COMPLETION_NEUTRAL,
  MESSAGE_NEUTRAL,
  refuseUnsupported,
  unsupported,
} from './unsupported.js';

/** OpenAI's default for completions, where the older API stops after a few words. */
const COMPLETION_TOKENS = 16;

/** A request, whoever makes it. */
type AskedAnswer = Omit<AnswerRequest, 'owner'>;

/** A chat completion request in the server's own words; refuses by name what is not supported. */
export function fromChatCompletion(body: ChatCompletionDto): AskedAnswer {
  refuseUnsupported(body, CHAT_NEUTRAL);
  body.messages.forEach((message, i) => refuseUnsupported(message, MESSAGE_NEUTRAL, `messages.${i}.`));
  const messages = body.messages.map(chatMessage);
  if (body.logprobs !== true && (body.top_logprobs ?? 0) > 0) {
    throw unsupported('top_logprobs', 'top_logprobs needs logprobs to be true.');
  }
  const maxTokens = body.max_completion_tokens ?? body.max_tokens ?? undefined;
  const logprobs = body.logprobs === true ? (body.top_logprobs ?? 0) : undefined;
  const rules = formatRules(body.response_format);
  const tools = toolUse(body.tools, body.tool_choice, body.parallel_tool_calls);
  if (tools === null)
    throw unsupported('tool_choice', 'tool_choice asks for a tool that is not among tools.');
  if (tools !== undefined && rules !== undefined) {
    throw unsupported('response_format', 'response_format beside tools that may be called is not supported.');
  }
  return {
    ...common(body, { messages }),
    ...given({ maxTokens, logprobs }),
    ...(rules === undefined ? {} : { rules }),
    ...(tools === undefined ? {} : { tools }),
  };
}

/** A message as templates take it. */
function chatMessage({ role, content, name, tool_calls, tool_call_id }: ChatMessageDto): ChatMessage {
  const calls = tool_calls ?? [];
  return {
    role,
    content: joinedText(content ?? ''),
    ...(typeof name === 'string' ? { name } : {}),
    ...(calls.length > 0 ? { tool_calls: templateCalls(calls) } : {}),
    ...(typeof tool_call_id === 'string' ? { tool_call_id } : {}),
  };
}

/** A completion request in the server's own words; refuses by name what is not supported. */
export function fromCompletion(body: CompletionDto): AskedAnswer {
  refuseUnsupported(body, COMPLETION_NEUTRAL);
  const prompt = promptOf(body.prompt);
  if (prompt === null) throw unsupported('prompt', 'Only one prompt per request is supported.');
  const maxTokens = body.max_tokens ?? COMPLETION_TOKENS;
  const echo = body.echo === true;
  if (maxTokens === 0 && !echo) throw unsupported('max_tokens', 'max_tokens of 0 needs echo to be true.');
  return { ...common(body, prompt), ...given({ maxTokens, logprobs: body.logprobs ?? undefined }), echo };
}

function common(body: GenerationDto, prompt: AnswerPrompt): AskedAnswer {
  if (body.stream_options?.include_obfuscation === true) {
    throw unsupported('stream_options.include_obfuscation', 'Obfuscation of streams is not supported.');
  }
  const bias = logitBias(body.logit_bias);
  return {
    model: body.model,
    prompt,
    ...(bias === undefined ? {} : { logitBias: bias }),
    stop: stopList(body.stop),
    ...given({
      temperature: body.temperature,
      topP: body.top_p,
      topK: body.top_k,
      minP: body.min_p,
      repetitionPenalty: body.repetition_penalty,
      presencePenalty: body.presence_penalty,
      frequencyPenalty: body.frequency_penalty,
      seed: body.seed,
      choices: body.n,
    }),
    ...(typeof body.receipt_salt === 'string' ? { salt: body.receipt_salt.toLowerCase() } : {}),
  };
}

/** The fields that are given; a number loses a negative zero, which has no meaning of its own. */
function given<T extends Record<string, number | null | undefined>>(fields: T): { [K in keyof T]?: number } {
  const present = Object.entries(fields).filter(
    (field): field is [string, number] => typeof field[1] === 'number',
  );
  return Object.fromEntries(present.map(([name, value]) => [name, value + 0])) as { [K in keyof T]?: number };
}
