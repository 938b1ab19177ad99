import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SafetyFigures } from '../../common/autonomy/safety-figures.js';
import { ExpectedGain, type GainFigures, type ModelGain } from '../../datasets/index.js';
import { ReleaseCatalog } from '../../experts/index.js';
import { TextMeter, type ServedModel } from '../../inference/index.js';
import { languageLoss, type ScoredSentence } from './language-loss.js';
import { isNoise, predictionOf, type SetPrediction } from './self-prediction.js';

/** Live models that are asked about a set at most. */
const MOST_MODELS = 4;

/** Tells the audit of datasets how well the live models know some texts already. */
@Injectable()
export class DatasetGain implements OnModuleInit {
  constructor(
    private readonly gain: ExpectedGain,
    private readonly catalog: ReleaseCatalog,
    private readonly meter: TextMeter,
    private readonly safety: SafetyFigures,
  ) {}

  onModuleInit(): void {
    this.gain.provide((texts, signal) => this.measure(texts, signal));
  }

  /**
   * By the first live model, with what others make of it beside: which one the set is for is known when something was trained on it. Null
   * without a live model that reads text, and where none of the texts fits into its context.
   */
  private async measure(texts: readonly string[], signal: AbortSignal): Promise<GainFigures | null> {
    const prediction = predictionOf(texts);
    const measured: ModelGain[] = [];
    for (const served of await this.liveModels()) {
      const figures = await this.measureBy(served, texts, prediction, signal);
      // What was measured counts, where there is no time for all.
      if (signal.aborted && measured.length === 0) signal.throwIfAborted();
      if (signal.aborted) break;
      if (figures !== null) measured.push(figures);
    }
    const [main, ...others] = measured;
    return main === undefined ? null : { ...main, others };
  }

  private async measureBy(
    served: ServedModel,
    texts: readonly string[],
    prediction: SetPrediction,
    signal: AbortSignal,
  ): Promise<ModelGain | null> {
    const scored: ScoredSentence[] = [];
    for (const sentence of texts) {
      if (signal.aborted) return null;
      const score = await this.meter.score(served, sentence, signal);
      if (score.ok) scored.push({ sentence, logprobs: score.value.logprobs });
    }
    const loss = languageLoss(scored);
    if (loss === null) return null;
    const reference = (await this.safety.lossOf(served.release))?.natsPerByte ?? null;
    return {
      ...{ release: served.release, model: `${served.name}@${served.version}`, documents: scored.length },
      nats_per_byte: rounded(loss.nats_per_byte),
      ...{ floor: rounded(prediction.floor), letters: rounded(prediction.letters) },
      reference: reference === null ? null : rounded(reference),
      expected: reference === null ? null : rounded(expectedGain(loss.nats_per_byte, reference, prediction)),
    };
  }

  /** Live models that read text, in the order of their list. */
  private async liveModels(): Promise<ServedModel[]> {
    const live = (await this.catalog.models()).filter(({ liveRelease }) => liveRelease !== null);
    const models: ServedModel[] = [];
    for (const { name } of live.slice(0, MOST_MODELS)) {
      const served = await this.meter.model(name);
      if (served.ok && served.value.tokenizer !== null) models.push(served.value);
    }
    return models;
  }
}

/** By how much of itself a loss exceeds the reference, 0 to 1; nothing for noise, which teaches nothing however surprising it is. */
export function expectedGain(loss: number, reference: number, prediction: SetPrediction): number {
  return loss <= reference || isNoise(prediction) ? 0 : 1 - reference / loss;
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
