import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SafetyFigures } from '../../common/autonomy/safety-figures.js';
import { ExpectedGain, type GainFigures } from '../../datasets/index.js';
import { ReleaseCatalog } from '../../experts/index.js';
import { TextMeter, type ServedModel } from '../../inference/index.js';
import { languageLoss, type ScoredSentence } from './language-loss.js';

/** Tells the audit of datasets how well the live model knows some texts already. */
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

  /** Null without a live model that reads text, and where none of the texts fits into its context. */
  private async measure(texts: readonly string[], signal: AbortSignal): Promise<GainFigures | null> {
    const served = await this.liveModel();
    if (served === null) return null;
    const scored: ScoredSentence[] = [];
    for (const sentence of texts) {
      const score = await this.meter.score(served, sentence, signal);
      signal.throwIfAborted();
      if (score.ok) scored.push({ sentence, logprobs: score.value.logprobs });
    }
    const loss = languageLoss(scored);
    if (loss === null) return null;
    const reference = (await this.safety.lossOf(served.release))?.natsPerByte ?? null;
    return {
      ...{ release: served.release, model: `${served.name}@${served.version}`, documents: scored.length },
      ...{
        nats_per_byte: rounded(loss.nats_per_byte),
        reference: reference === null ? null : rounded(reference),
      },
      expected: reference === null ? null : rounded(expectedGain(loss.nats_per_byte, reference)),
    };
  }

  private async liveModel(): Promise<ServedModel | null> {
    const live = (await this.catalog.models()).find(({ liveRelease }) => liveRelease !== null);
    if (live === undefined) return null;
    const served = await this.meter.model(live.name);
    return served.ok && served.value.tokenizer !== null ? served.value : null;
  }
}

/** By how much of itself a loss exceeds the reference, 0 to 1. */
export function expectedGain(loss: number, reference: number): number {
  return loss <= reference ? 0 : 1 - reference / loss;
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
