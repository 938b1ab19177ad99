import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import {
  QualityMeters,
  type EngineModelView,
  type QualityMeter,
  type QualityReport,
} from '../../experts/index.js';
import { boundedWork } from '../answers/bounded-work.js';
import { EngineHost } from '../engine/engine-host.js';
import type { EngineModel, EnginePort, EngineScore } from '../engine/engine-port.js';
import { ModelCatalog } from '../models/model-catalog.js';
import { PromptEncoder } from '../models/prompt-encoder.js';
import type { ServedModel } from '../models/served-model.js';
import { GREEDY, type SamplingParameters } from '../sampler/index.js';
import { compareReadings, type Reading } from './compare-readings.js';
import { comparisonPrompts } from './questions.js';

/** Tokens of an answer at most; with sixteen questions enough to know the share of equal choices within a percent or two. */
const ANSWER = 96;

/**
 * Lets the exact weights answer, drawing from all they find likely, and judges every token of these answers with both: the
 * logarithm of the ratio of the perplexities is then an estimate of the Kullback-Leibler divergence, on text that the model
 * itself would write, whatever it was trained on. Greedy answers of both are compared beside that.
 */
@Injectable()
export class QuantisationMeter implements QualityMeter, OnModuleInit {
  constructor(
    private readonly meters: QualityMeters,
    private readonly models: ModelCatalog,
    private readonly encoder: PromptEncoder,
    private readonly host: EngineHost,
  ) {}

  onModuleInit(): void {
    this.meters.register(this);
  }

  async compare(release: string, exact: EngineModelView): Promise<Result<QualityReport>> {
    const served = await this.models.release(release);
    if (!served.ok) return served;
    const encode: PromptEncoder['encode'] = (...args) => this.encoder.encode(...args);
    const prompts = await comparisonPrompts(served.value, encode);
    if (!prompts.ok) return prompts;
    try {
      return await this.compareOn(prompts.value, served.value, exact);
    } finally {
      await this.host.forget(exact.release);
    }
  }

  private async compareOn(
    prompts: readonly (readonly number[])[],
    { engine, stopIds }: ServedModel,
    exact: EngineModel,
  ): Promise<Result<QualityReport>> {
    const texts = await this.each(exact, prompts, async (host, promptIds, seed) => {
      const wish = { promptIds, stopIds, sampling: { ...GREEDY, temperature: 1, seed } };
      const answer = await generate(host, exact, wish);
      return answer.ok ? ok({ promptIds, ids: [...promptIds, ...answer.value] }) : answer;
    });
    if (!texts.ok) return texts;
    const read = (model: EngineModel) =>
      this.each(model, texts.value, async (host, { promptIds, ids }): Promise<Result<Reading>> => {
        const scores = await score(host, model, ids);
        if (!scores.ok) return scores;
        const greedy = await generate(host, model, { promptIds, stopIds, sampling: GREEDY });
        return greedy.ok
          ? ok({ scores: scores.value.slice(promptIds.length - 1), greedy: greedy.value })
          : greedy;
      });
    const reference = await read(exact);
    if (!reference.ok) return reference;
    const compact = await read(engine);
    return compact.ok ? ok(compareReadings(reference.value, compact.value)) : compact;
  }

  /** Does something for all at once: the engine batches it, behind the answers that people wait for. */
  private each<T, R>(
    model: EngineModel,
    inputs: readonly T[],
    work: (engine: EnginePort, input: T, index: number) => Promise<Result<R>>,
  ): Promise<Result<readonly R[]>> {
    return this.host.use(model, async (engine) => {
      const results = await Promise.all(inputs.map((input, i) => work(engine, input, i)));
      const values: R[] = [];
      for (const result of results) {
        if (!result.ok) return result;
        values.push(result.value);
      }
      return ok(values);
    });
  }
}

interface Wish {
  readonly promptIds: readonly number[];
  readonly stopIds: readonly number[];
  readonly sampling: SamplingParameters;
}

async function generate(
  engine: EnginePort,
  { release, config }: EngineModel,
  wish: Wish,
): Promise<Result<readonly number[]>> {
  const maxTokens = Math.min(ANSWER, config.maxPositions - wish.promptIds.length);
  if (maxTokens < 1) {
    return err(new CodedError('CONTEXT_TOO_SHORT', 'the questions do not fit into the context of the model'));
  }
  const request = { release, ...wish, maxTokens, priority: 'learning' as const };
  const answer = await engine.generate(request, () => undefined).done;
  return answer.ok ? ok(answer.value.tokens) : answer;
}

function score(
  engine: EnginePort,
  { release }: EngineModel,
  ids: readonly number[],
): Promise<Result<readonly EngineScore[]>> {
  const request = { release, ids, top: 1, priority: 'learning' as const };
  return boundedWork(new AbortController().signal, (listener) => engine.score(request, listener));
}
