import { ok, type Result } from '../../common/index.js';
import type { Content } from '../../datasets/index.js';
import type { ScoredText, ServedModel } from '../../inference/index.js';
import type { ExampleEncoder } from '../examples/example-encoder.js';
import type { DomainLosses } from './acceptance.js';
import type { DomainExamples } from './example-source.js';
import type { PairedLoss } from './paired-bootstrap.js';

/** Two models to be compared. */
export interface Comparison {
  readonly base: ServedModel;
  readonly candidate: ServedModel;
  readonly encoder: ExampleEncoder;
  readonly signal: AbortSignal;
  /** Told after each example. */
  readonly progress: (done: number, total: number) => void;
}

/** Says how likely each token from place `first` on is, of a model that need not be a release. */
export type ScoreIds = (
  model: ServedModel,
  ids: readonly number[],
  signal: AbortSignal,
  first: number,
) => Promise<Result<Pick<ScoredText, 'logprobs'>>>;

/** Examples that are with the engine at a time: enough to fill a batch, few enough to leave room. */
const AT_ONCE = 4;

interface Asked {
  readonly domain: string;
  readonly content: Content;
}

/**
 * Losses of both models on every example that fits into the context. Same models, examples and kernel, same bits. Refuses with what
 * scoring refuses with.
 */
export async function compareLosses(
  score: ScoreIds,
  comparison: Comparison,
  examples: DomainExamples,
): Promise<Result<DomainLosses>> {
  const asked = [...examples].flatMap(([domain, contents]) =>
    contents.map((content): Asked => ({ domain, content })),
  );
  const losses: (PairedLoss | null)[] = asked.map(() => null);
  let [next, done] = [0, 0];
  let refusal: Result<never> | null = null;
  const work = async () => {
    while (next < asked.length && refusal === null) {
      const place = next++;
      const loss = await pairOf(score, comparison, asked[place].content);
      if (!loss.ok) refusal = loss;
      else losses[place] = loss.value;
      comparison.progress(++done, asked.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return refusal ?? ok(byDomain(asked, losses));
}

/** Null for an example that is longer than the context. */
async function pairOf(
  score: ScoreIds,
  { base, candidate, encoder, signal }: Comparison,
  content: Content,
): Promise<Result<PairedLoss | null>> {
  const example = encoder.encode(content);
  if (!example.ok) return example;
  const { ids, firstTarget } = example.value;
  if (ids.length > base.context || ids.length <= firstTarget) return ok(null);
  const sums: number[] = [];
  for (const model of [base, candidate]) {
    const scored = await score(model, ids, signal, firstTarget);
    if (!scored.ok) return scored;
    sums.push(scored.value.logprobs.reduce((sum, logprob) => sum - logprob, 0));
  }
  return ok({ base: sums[0], candidate: sums[1], tokens: ids.length - firstTarget });
}

function byDomain(asked: readonly Asked[], losses: readonly (PairedLoss | null)[]): DomainLosses {
  const found = new Map<string, PairedLoss[]>();
  for (const [i, { domain }] of asked.entries()) {
    const loss = losses[i];
    if (loss !== null) found.set(domain, [...(found.get(domain) ?? []), loss]);
  }
  return Object.fromEntries(found);
}
