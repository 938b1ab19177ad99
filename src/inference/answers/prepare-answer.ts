import { randomBytes } from 'node:crypto';
import { CodedError, bytesToHex, err, ok, type ErrorFacts, type Result } from '../../common/index.js';
import { withinTokens } from '../constraints/index.js';
import type { PromptEncoder } from '../models/prompt-encoder.js';
import type { ServedModel } from '../models/served-model.js';
import { unusedMark } from '../tokenizer/special-tokens.js';
import type { TextTokenizer } from '../tokenizer/text-tokenizer.js';
import { answerForm } from './answer-constraint.js';
import type { AnswerPrompt, AnswerRequest, PreparedAnswer } from './answer-request.js';
import { chatOf, withTexts, writtenTexts, type Chat } from './defused-chat.js';

const SALT_BYTES = 32;
const SEED_BYTES = 6;
/** The sampler's least share; OpenAI's clients may send 0, which means the same: only the likeliest token. */
const LEAST_TOP_P = 1e-6;
/** Of what the key/value cache holds, for an answer whose length nobody named: what is reserved for it keeps others waiting. */
const UNNAMED_SHARE = 1 / 4;
const LARGEST_SEED = Number.MAX_SAFE_INTEGER;

/** Turns a text into token ids, when it comes to it. */
export type EncodePrompt = PromptEncoder['encode'];

/**
 * Turns a request into token ids and complete parameters; refuses what the model cannot do, before any work.
 * @param held tokens that the key/value cache holds of one request: an answer whose length the request does not name ends there, and
 * one whose length the model does not name either is no longer than `UNNAMED_SHARE` of it
 */
export async function prepareAnswer(
  request: AnswerRequest,
  model: ServedModel,
  encode: EncodePrompt,
  held = Infinity,
): Promise<Result<PreparedAnswer>> {
  const form = answerForm(request, model);
  if (!form.ok) return form;
  const { rules, tools } = form.value;
  const prompt = await promptIds(request, model, encode);
  if (!prompt.ok) return prompt;
  const room = model.context - prompt.value.length;
  if (prompt.value.length === 0)
    return refuse('PROMPT_EMPTY', 'The prompt holds no token.', { param: 'prompt' });
  const least = request.maxTokens === 0 ? 0 : 1;
  if (room < least) return tooLong(model, `${prompt.value.length} tokens`, request.prompt);
  const share = Math.floor(held * UNNAMED_SHARE);
  const unnamed = Math.max(1, Math.min(model.defaults.maxTokens ?? share, held - prompt.value.length));
  const wanted = request.maxTokens ?? unnamed;
  if (wanted > model.context && request.maxTokens !== undefined) {
    const detail = `max_tokens is ${wanted}; ${model.name} has a context of ${model.context} tokens.`;
    return refuse('MAX_TOKENS_TOO_LARGE', detail, { param: 'max_tokens', context: model.context });
  }
  const choices = request.choices ?? 1;
  const seed = request.seed ?? randomBytes(SEED_BYTES).readUIntLE(0, SEED_BYTES);
  if (seed > LARGEST_SEED - choices)
    return refuse('SEED_TOO_LARGE', 'seed + n exceeds 2^53-1.', { param: 'seed' });
  const maxTokens = Math.min(wanted, room);
  return ok({
    operation: 'messages' in request.prompt ? 'chat' : 'text_completion',
    model,
    promptIds: prompt.value,
    maxTokens,
    sampling: {
      ...sampling(request, model),
      ...(rules === undefined ? {} : { constraint: withinTokens(rules, maxTokens) }),
      seed,
    },
    stop: request.stop ?? [],
    ...(tools === undefined ? {} : { tools }),
    ...(request.logprobs === undefined ? {} : { logprobs: request.logprobs }),
    ...(request.echo === true ? { echo: echoText(request.prompt, prompt.value, model) } : {}),
    choices,
    ...(request.speculative === undefined ? {} : { speculative: request.speculative }),
    owner: request.owner,
    salt: request.salt ?? bytesToHex(randomBytes(SALT_BYTES)),
  });
}

function sampling(request: AnswerRequest, { defaults }: ServedModel) {
  return {
    temperature: request.temperature ?? defaults.temperature,
    topP: Math.max(LEAST_TOP_P, request.topP ?? defaults.topP),
    topK: request.topK ?? defaults.topK,
    minP: request.minP ?? defaults.minP,
    repetitionPenalty: request.repetitionPenalty ?? defaults.repetitionPenalty,
    presencePenalty: request.presencePenalty ?? 0,
    frequencyPenalty: request.frequencyPenalty ?? 0,
    ...(request.logitBias === undefined ? {} : { logitBias: request.logitBias }),
  };
}

/** The prompt as people read it: as it was written, or the text of its tokens. */
function echoText(prompt: AnswerPrompt, ids: readonly number[], { tokenizer }: ServedModel): string {
  return 'text' in prompt ? prompt.text : (tokenizer?.describe(ids) ?? '');
}

/** The token ids of a prompt; refuses what is no text or no token, and what cannot fit into the context. */
export async function promptIds(
  { prompt, tools }: Pick<AnswerRequest, 'prompt' | 'tools'>,
  model: ServedModel,
  encode: EncodePrompt,
): Promise<Result<readonly number[]>> {
  if ('ids' in prompt) return tokenIds(prompt.ids, model);
  const { tokenizer } = model;
  if (tokenizer === null) {
    const detail = `${model.name} has no tokenizer: it takes token ids, not text.`;
    return refuse('TOKENIZER_MISSING', detail, { param: 'prompt' });
  }
  return 'text' in prompt
    ? textIds(prompt.text, tokenizer, model, encode)
    : chatIds(chatOf(prompt.messages, tools), tokenizer, model, encode);
}

function tokenIds(ids: readonly number[], model: ServedModel): Result<readonly number[]> {
  const { vocabSize } = model.engine.config;
  const wrong = ids.find((id) => id >= vocabSize);
  if (wrong === undefined) return ok(ids);
  const detail = `Token ${wrong} is not in the vocabulary of ${vocabSize}.`;
  return refuse('TOKEN_UNKNOWN', detail, { param: 'prompt', token: wrong });
}

async function textIds(
  text: string,
  tokenizer: TextTokenizer,
  model: ServedModel,
  encode: EncodePrompt,
): Promise<Result<readonly number[]>> {
  if (!text.isWellFormed()) return notText('prompt');
  return fits(text, tokenizer, model, { text }) ?? encode(model, text, { wrap: true });
}

async function chatIds(
  chat: Chat,
  tokenizer: TextTokenizer,
  model: ServedModel,
  encode: EncodePrompt,
): Promise<Result<readonly number[]>> {
  if (model.template === null) {
    const detail = `${model.name} has no chat template; use /v1/completions.`;
    return refuse('CHAT_TEMPLATE_MISSING', detail, { param: 'messages' });
  }
  const written = writtenTexts(chat);
  if (!written.every((text) => text.isWellFormed())) return notText('messages');
  const contents = chat.messages.map(({ content }) => content).join('');
  const early = fits(contents, tokenizer, model, chat);
  if (early !== null) return early;
  const mark = written.some((text) => tokenizer.special.occurIn(text)) ? unusedMark(written) : '';
  if (mark === null) return notText('messages');
  const safe = mark === '' ? chat : withTexts(chat, (text) => tokenizer.special.defuse(text, mark));
  const rendered = model.template.render(safe.messages, safe.tools);
  if (!rendered.ok) return rendered;
  return encode(model, rendered.value, mark === '' ? { wrap: false } : { mark });
}

/** Null when the text may fit; tokenising what cannot fit would only hold the server up. */
function fits(
  text: string,
  tokenizer: TextTokenizer,
  model: ServedModel,
  prompt: AnswerPrompt,
): Result<never> | null {
  const least = tokenizer.leastTokens(text);
  return least <= model.context ? null : tooLong(model, `at least ${least} tokens`, prompt);
}

function tooLong(model: ServedModel, size: string, prompt: AnswerPrompt): Result<never> {
  const param = 'messages' in prompt ? 'messages' : 'prompt';
  const detail = `The prompt has ${size}; ${model.name} has a context of ${model.context} tokens, answer included.`;
  return refuse('PROMPT_TOO_LONG', detail, { param, context: model.context });
}

function notText(param: string): Result<never> {
  return refuse('TEXT_INVALID', `${param} holds half a surrogate pair: it is not Unicode text.`, { param });
}

function refuse(code: string, detail: string, facts: ErrorFacts): Result<never> {
  return err(new CodedError(code, detail, facts, 400));
}
