import { ok, type Result } from '../../common/index.js';
import { promptIds, type EncodePrompt } from '../answers/prepare-answer.js';
import type { ServedModel } from '../models/served-model.js';

/** What a release is asked when it is compared; changing one changes every figure. */
const QUESTIONS = [
  'Tell me a story.',
  'What is 17 + 25?',
  'Tell me a story about a fox and a hen.',
  'What is the capital of France?',
  'Write a short letter to a friend.',
  'Sort these numbers: 9, 2, 7, 4.',
  'Explain why the sky is blue.',
  'What is 9 * 8?',
  'Who are you?',
  'Reverse the word "garden".',
  'How do I make bread?',
  'Write a function that finds the greatest number of a list.',
  'Which is larger, 86 or 68?',
  'Tell me about the sea.',
  'What comes after Thursday?',
  'Translate "good morning" into Italian.',
];

/** Ids of a drawn prompt, for models that know no text. */
const DRAWN = 8;

/** The prompts that a model is compared with: questions in its chat template, plain text without one, else drawn ids. */
export async function comparisonPrompts(
  model: ServedModel,
  encode: EncodePrompt,
): Promise<Result<readonly (readonly number[])[]>> {
  if (model.tokenizer === null) {
    const ids = drawnIds(QUESTIONS.length * DRAWN, model.engine.config.vocabSize);
    return ok(QUESTIONS.map((_, i) => ids.slice(i * DRAWN, (i + 1) * DRAWN)));
  }
  const prompts: (readonly number[])[] = [];
  for (const content of QUESTIONS) {
    const prompt = model.template === null ? { text: content } : { messages: [{ role: 'user', content }] };
    const ids = await promptIds({ prompt }, model, encode);
    if (!ids.ok) return ids;
    prompts.push(ids.value);
  }
  return ok(prompts);
}

/**
 * Ids that look drawn and are the same everywhere: a linear congruential generator modulo 2^32 (Numerical Recipes, 2nd ed.,
 * §7.1), of which the upper bits count.
 */
export function drawnIds(count: number, vocabulary: number): number[] {
  let state = 1;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * vocabulary);
  });
}
