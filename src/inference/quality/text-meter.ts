import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../../common/index.js';
import { boundedWork } from '../answers/bounded-work.js';
import { promptIds } from '../answers/prepare-answer.js';
import { EngineHost } from '../engine/engine-host.js';
import { requireExactEngine, type EnginePort } from '../engine/engine-port.js';
import { ModelCatalog } from '../models/model-catalog.js';
import { PromptEncoder } from '../models/prompt-encoder.js';
import type { ServedModel } from '../models/served-model.js';
import { GREEDY } from '../sampler/index.js';

/** Tokens of a text, and the natural logarithm of how likely each was after those before it; the first has none. */
export interface ScoredText {
  readonly ids: readonly number[];
  /** One fewer than `ids`: element i belongs to id i + 1; where fewer were asked for, the last ones. */
  readonly logprobs: readonly number[];
}

/** How an answer is drawn. */
export interface AnswerWish {
  readonly seed: number;
  readonly temperature: number;
  readonly maxTokens: number;
}

/** Scores and draws texts for measurements: by the exact engine, behind the answers that people wait for, without receipts. */
@Injectable()
export class TextMeter {
  constructor(
    private readonly models: ModelCatalog,
    private readonly encoder: PromptEncoder,
    private readonly host: EngineHost,
  ) {}

  /** The release to be measured: `MODEL_NOT_FOUND`, and what its blocks make impossible. */
  model(name: string): Promise<Result<ServedModel>> {
    return this.models.resolve(name);
  }

  /** Hash of the kernel that computes. `ENGINE_NOT_EXACT` (409), `ENGINE_UNAVAILABLE` (503). */
  async kernel(): Promise<Result<string>> {
    const engine = await this.host.engine();
    if (!engine.ok) return engine;
    const exact = requireExactEngine(engine.value);
    return exact.ok ? ok(engine.value.kernelHash) : exact;
  }

  /** How likely each token of a plain text is. */
  async score(model: ServedModel, text: string, signal: AbortSignal): Promise<Result<ScoredText>> {
    const ids = await this.idsOf(model, { text });
    return ids.ok ? this.scoreIds(model, ids.value, signal) : ids;
  }

  /**
   * The same of tokens. The model need not be a release: any whose blocks lie in files.
   * @param first place of the first token that is asked for, from 1: those before it are only read, which costs less
   */
  async scoreIds(
    model: ServedModel,
    ids: readonly number[],
    signal: AbortSignal,
    first = 1,
  ): Promise<Result<ScoredText>> {
    if (ids.length < 2) return ok({ ids, logprobs: [] });
    const request = { release: model.release, ids, first, top: 0, priority: 'learning' as const };
    return this.exactly(model, async (engine) => {
      const scores = await boundedWork(signal, (listener) => engine.score(request, listener));
      return scores.ok ? ok({ ids, logprobs: scores.value.map(({ logprob }) => logprob) }) : scores;
    });
  }

  /** What the model answers to a question, in its chat template where it has one. */
  async answer(
    model: ServedModel,
    question: string,
    { seed, temperature, maxTokens }: AnswerWish,
    signal: AbortSignal,
  ): Promise<Result<string>> {
    const asked =
      model.template === null ? { text: question } : { messages: [{ role: 'user', content: question }] };
    const ids = await this.idsOf(model, asked);
    if (!ids.ok) return ids;
    return this.exactly(model, async (engine) => {
      const generation = engine.generate(
        {
          ...{ release: model.release, promptIds: ids.value, stopIds: model.stopIds, priority: 'learning' },
          maxTokens: Math.min(maxTokens, model.context - ids.value.length),
          sampling: { ...GREEDY, temperature, seed },
        },
        () => undefined,
      );
      const cancel = () => generation.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
      const made = await generation.done.finally(() => signal.removeEventListener('abort', cancel));
      return made.ok ? ok(model.tokenizer?.decode(made.value.tokens) ?? '') : made;
    });
  }

  private idsOf(model: ServedModel, prompt: Parameters<typeof promptIds>[0]['prompt']) {
    return promptIds({ prompt }, model, (...text) => this.encoder.encode(...text));
  }

  private exactly<T>(
    model: ServedModel,
    work: (engine: EnginePort) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    return this.host.use(model.engine, (engine) => {
      const exact = requireExactEngine(engine);
      return exact.ok ? work(engine) : Promise.resolve(err(exact.error));
    });
  }
}
