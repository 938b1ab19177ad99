import type { ScoredToken } from '../answers/answer-request.js';
import type { TextTokenizer } from '../tokenizer/text-tokenizer.js';

/** What JSON cannot carry as minus infinity; OpenAI's own stand-in. */
const LEAST_LOGPROB = -9999;

/** `logprobs` of chat completions: one entry per token. */
export function chatLogprobs(tokenizer: TextTokenizer, tokens: readonly ScoredToken[]) {
  return {
    content: tokens.map((token) => ({
      ...entry(tokenizer, token),
      top_logprobs: token.top.map((alternative) => entry(tokenizer, alternative)),
    })),
    refusal: null,
  };
}

/** `logprobs` of completions: parallel lists; `offset` is where the first token's text begins. */
export function completionLogprobs(tokenizer: TextTokenizer, tokens: readonly ScoredToken[], offset: number) {
  const texts = tokens.map(({ id }) => tokenizer.tokenText(id));
  let at = offset;
  return {
    tokens: texts,
    token_logprobs: tokens.map(({ logprob }) => finite(logprob)),
    top_logprobs: tokens.map((token) => likeliest(tokenizer, token)),
    text_offset: texts.map((text) => {
      const start = at;
      at += text.length;
      return start;
    }),
  };
}

/** Log-probabilities by text: the likeliest tokens, and the one that was chosen. Of tokens with one text the likelier counts. */
function likeliest(tokenizer: TextTokenizer, token: ScoredToken): Record<string, number | null> | null {
  if (token.logprob === null) return null;
  const all = token.top.length === 0 ? [] : [...token.top, token];
  return Object.fromEntries(
    all.toReversed().map(({ id, logprob }) => [tokenizer.tokenText(id), finite(logprob)]),
  );
}

function entry(tokenizer: TextTokenizer, { id, logprob }: { id: number; logprob: number | null }) {
  const token = tokenizer.tokenText(id);
  const bytes = tokenizer.tokenBytes(id);
  return { token, logprob: finite(logprob), bytes: [...(bytes ?? new TextEncoder().encode(token))] };
}

function finite(logprob: number | null): number | null {
  return logprob === null ? null : Math.max(LEAST_LOGPROB, logprob);
}
