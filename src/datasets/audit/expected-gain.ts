import { Injectable } from '@nestjs/common';

/** How surprised a model is by a dataset: what it predicts already it cannot learn from it. */
export interface ModelGain {
  /** Hash of the release that was asked. */
  readonly release: string;
  /** Its name and version. */
  readonly model: string;
  /** Documents that were scored. */
  readonly documents: number;
  /** Negative log-probability per byte of text. */
  readonly nats_per_byte: number;
  /** The same on sentences it was not trained for (the truth mirror's); null where that was never measured. */
  readonly reference: number | null;
  /** What one half of the texts leaves open to whoever knows the other, nats per byte: noise leaves all of it. Not there in older audits. */
  readonly floor?: number;
  /** The same to whoever knows only how often each byte is there: a floor above 95 % of it is that of noise. Not there in older audits. */
  readonly letters?: number;
  /** By how much of itself the loss exceeds the reference, 0 to 1, and 0 for noise; null without a reference. */
  readonly expected: number | null;
}

/** The figures of the first live model, and of the others that are live. */
export interface GainFigures extends ModelGain {
  /** Not there in older audits, which asked one model. */
  readonly others?: readonly ModelGain[];
}

/** Measures the loss of live models on texts; null where none is served. */
export type GainMeasure = (texts: readonly string[], signal: AbortSignal) => Promise<GainFigures | null>;

/** Where the module that serves models says how they are asked; until then nothing is measured. */
@Injectable()
export class ExpectedGain {
  private run: GainMeasure = async () => null;

  /** Whoever can measure. */
  provide(measure: GainMeasure): void {
    this.run = measure;
  }

  /** The figures, or null where they cannot be had. */
  measure(texts: readonly string[], signal: AbortSignal): Promise<GainFigures | null> {
    return this.run(texts, signal);
  }
}
