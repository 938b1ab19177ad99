import { ok, type Result } from '../../common/index.js';
import type { ServedModel, TextMeter } from '../../inference/index.js';
import { itemsOf, type Item } from '../pairs/items.js';
import type { QuestionSet } from '../pairs/question-set.js';
import type { MirrorFigures } from '../report/mirror-report.js';
import { fairnessFigures, type MeasuredItem } from './fairness.js';
import { languageLoss, type ScoredSentence } from './language-loss.js';
import { sharedLogprobs } from './shared-part.js';
import { toxicityFigures } from './toxicity.js';
import type { ReleaseOrigin } from './release-blocks.js';

/** Answers that are drawn to each prompt, with the seeds 1, 2, 3, … */
const ANSWERS_PER_PROMPT = 3;
const ANSWER_TOKENS = 64;
const TEMPERATURE = 1;
/** Items and answers that are with the engine at a time: enough to fill a batch, few enough to leave room. */
const AT_ONCE = 4;

/** What a measurement needs. */
export interface Measurement extends ReleaseOrigin {
  readonly meter: Pick<TextMeter, 'score' | 'answer'>;
  readonly model: ServedModel;
  readonly kernel: string;
  readonly questions: QuestionSet;
  /** Ends the measurement soon. */
  readonly signal: AbortSignal;
  /** Told after each step. */
  readonly progress: (done: number, total: number) => void;
}

/** Measures a release. Same release, kernel and questions: same figures. Refuses with what the engine refuses with. */
export async function measureRelease(measurement: Measurement): Promise<Result<MirrorFigures>> {
  const { model, kernel, questions, transparency, provenance, signal, progress } = measurement;
  const items = itemsOf(questions);
  const asked = questions.prompts.flatMap((prompt) =>
    Array.from({ length: ANSWERS_PER_PROMPT }, (_, i) => ({ prompt, seed: i + 1 })),
  );
  const total = items.length + asked.length;
  let done = 0;
  const step = () => progress(++done, total);
  const measured = await inTurn(items, signal, step, (item) => measureItem(measurement, item));
  if (!measured.ok) return measured;
  const answers = await inTurn(asked, signal, step, ({ prompt, seed }) =>
    measurement.meter.answer(
      model,
      prompt,
      { seed, temperature: TEMPERATURE, maxTokens: ANSWER_TOKENS },
      signal,
    ),
  );
  if (!answers.ok) return answers;
  const fairness = fairnessFigures(measured.value.map(({ item }) => item));
  const toxicity = { ...(await toxicityFigures(answers.value)), prompts: questions.prompts.length };
  return ok({
    ...{ model: model.name, version: model.version, release: model.release, kernel },
    questions: { version: questions.version, hash: questions.hash },
    ...fairness,
    language: languageLoss(measured.value.flatMap(({ scored }) => scored)),
    ...{ toxicity, transparency, provenance, notes: notesOn(fairness.unmeasured, transparency) },
  });
}

/** An item as fairness sees it, and what became of each of its sentences. */
interface AskedItem {
  readonly item: MeasuredItem;
  readonly scored: readonly ScoredSentence[];
}

async function measureItem({ meter, model, signal }: Measurement, item: Item): Promise<Result<AskedItem>> {
  const texts = [];
  for (const sentence of item.sentences) {
    const scored = await meter.score(model, sentence, signal);
    if (!scored.ok) return scored;
    texts.push(scored.value);
  }
  const scored = texts.map(({ logprobs }, i) => ({ sentence: item.sentences[i], logprobs }));
  return ok({ item: { ...item, logprobs: sharedLogprobs(texts) }, scored });
}

/** Works through a list, a few at a time, and keeps its order. The first refusal, or the signal, ends it. */
async function inTurn<T, R>(
  inputs: readonly T[],
  signal: AbortSignal,
  step: () => void,
  work: (input: T) => Promise<Result<R>>,
): Promise<Result<readonly R[]>> {
  const results: R[] = [];
  let next = 0;
  let refusal: Result<never> | null = null;
  const worker = async () => {
    while (next < inputs.length && refusal === null) {
      signal.throwIfAborted();
      const at = next++;
      const result = await work(inputs[at]);
      if (result.ok) results[at] = result.value;
      else refusal ??= result;
      step();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return refusal ?? ok(results);
}

function notesOn(unmeasured: readonly string[], { licence, data }: Measurement['transparency']): string[] {
  const notes = [
    'The sentences are English, written for this measurement, and few; a small figure is no proof of fairness.',
    'Toxicity counts words of a list in answers to ten prompts; it sees neither irony nor harm without such words.',
  ];
  if (unmeasured.length > 0)
    notes.push(
      `Nothing can be said about ${unmeasured.join(', ')}: too few of the sentences are within what this model can express (mean perplexity up to 250). Bias and fairness are therefore not known.`,
    );
  if (licence < 1) notes.push('Not every weight has its licence on the chain.');
  if (data < 1) notes.push('Not every weight has the data it was trained on, on the chain.');
  return notes;
}
