import { Injectable } from '@nestjs/common';
import { ok, type Result } from '../../common/index.js';
import type { Content } from '../../datasets/index.js';
import { EngineHost, TextMeter, type ServedModel } from '../../inference/index.js';
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

/** Examples that are with the engine at a time: enough to fill a batch, few enough to leave room. */
const AT_ONCE = 4;

interface Asked {
  readonly domain: string;
  readonly content: Content;
}

/** Measures losses by the kernel that answers, at the precision that is served, behind the answers people wait for. */
@Injectable()
export class LossMeter {
  constructor(
    private readonly meter: TextMeter,
    private readonly host: EngineHost,
  ) {}

  /** Hash of the kernel that computes. `ENGINE_NOT_EXACT` (409), `ENGINE_UNAVAILABLE` (503). */
  kernel(): Promise<Result<string>> {
    return this.meter.kernel();
  }

  /**
   * Losses of both models on every example that fits into the context. Same models and examples, same bits. Refuses with what the
   * engine refuses with.
   */
  async compare(comparison: Comparison, examples: DomainExamples): Promise<Result<DomainLosses>> {
    const asked = [...examples].flatMap(([domain, contents]) =>
      contents.map((content): Asked => ({ domain, content })),
    );
    const losses: (PairedLoss | null)[] = asked.map(() => null);
    let [next, done] = [0, 0];
    let refusal: Result<never> | null = null;
    const work = async () => {
      while (next < asked.length && refusal === null) {
        const place = next++;
        const loss = await this.pairOf(comparison, asked[place].content);
        if (!loss.ok) refusal = loss;
        else losses[place] = loss.value;
        comparison.progress(++done, asked.length);
      }
    };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    } finally {
      // A candidate is no release: nobody will ask for it again.
      await this.host.forget(comparison.candidate.release);
    }
    return refusal ?? ok(byDomain(asked, losses));
  }

  /** Null for an example that is longer than the context. */
  private async pairOf(comparison: Comparison, content: Content): Promise<Result<PairedLoss | null>> {
    const { base, candidate, encoder, signal } = comparison;
    const example = encoder.encode(content);
    if (!example.ok) return example;
    const { ids, firstTarget } = example.value;
    if (ids.length > base.context || ids.length <= firstTarget) return ok(null);
    const sums: number[] = [];
    for (const model of [base, candidate]) {
      const scored = await this.meter.scoreIds(model, ids, signal);
      if (!scored.ok) return scored;
      sums.push(scored.value.logprobs.slice(firstTarget - 1).reduce((sum, logprob) => sum - logprob, 0));
    }
    return ok({ base: sums[0], candidate: sums[1], tokens: ids.length - firstTarget });
  }
}

function byDomain(asked: readonly Asked[], losses: readonly (PairedLoss | null)[]): DomainLosses {
  const found = new Map<string, PairedLoss[]>();
  for (const [i, { domain }] of asked.entries()) {
    const loss = losses[i];
    if (loss !== null) found.set(domain, [...(found.get(domain) ?? []), loss]);
  }
  return Object.fromEntries(found);
}
