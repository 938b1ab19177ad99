import { Injectable } from '@nestjs/common';
import { EngineHost } from '../engine/engine-host.js';
import { ModelCatalog } from '../models/model-catalog.js';
import { ServingPlan } from '../models/serving-plan.js';
import type { PreparedAnswer } from './answer-request.js';
import { requestKey } from './request-key.js';

/** Tokens a shadow release computes of an answer. */
const MOST_TOKENS = 32;
/** Longest a shadow answer may wait for the engine, and take. */
const DEADLINE_MS = 30_000;

/**
 * Lets a shadow release compute what was just answered, to learn whether it can and how fast. Nobody sees it, there is no
 * receipt; one at a time, and what comes meanwhile is not followed, so that it never piles up.
 */
@Injectable()
export class ShadowAnswers {
  private running = false;

  constructor(
    private readonly catalog: ModelCatalog,
    private readonly host: EngineHost,
    private readonly plan: ServingPlan,
  ) {}

  /** Begins to follow an answer where a shadow release is due; returns at once. */
  follow(prepared: PreparedAnswer): void {
    const { plan } = this;
    const { promptIds, owner, sampling } = prepared;
    const key = () => requestKey({ model: '', prompt: { ids: promptIds }, owner, seed: sampling.seed });
    const release = this.running ? null : plan.pick(prepared.model.name, 'shadow', key);
    if (release === null || release === prepared.model.release) return;
    this.running = true;
    this.compute(release, prepared)
      .then(
        (firstTokenMs) => plan.observe(release, firstTokenMs),
        () => plan.observe(release, null),
      )
      .finally(() => (this.running = false));
  }

  private async compute(release: string, prepared: PreparedAnswer): Promise<number | null> {
    const model = await this.catalog.release(release);
    if (!model.ok) return null;
    const { promptIds, sampling, maxTokens } = prepared;
    const { engine, stopIds } = model.value;
    const { constraint: _, ...plain } = sampling;
    const made = await this.host.use(engine, async (port) => {
      const generation = port.generate(
        {
          ...{ release, promptIds, stopIds, sampling: plain, maxTokens: Math.min(maxTokens, MOST_TOKENS) },
          ...{ priority: 'learning', maxWaitMs: DEADLINE_MS },
        },
        () => undefined,
      );
      const timer = setTimeout(() => generation.cancel(), DEADLINE_MS);
      return generation.done.finally(() => clearTimeout(timer));
    });
    return made.ok ? made.value.timings.firstTokenMs : null;
  }
}
