import { Injectable } from '@nestjs/common';

/** How the decisions of the last day went. */
export interface DecisionTrendFigures {
  readonly decisions: number;
  /** Share that went to a guardian, 0 to 1. */
  readonly escalated: number;
  /** Mean confidence, 0 to 1, and that of the day before; null while there is nothing to compare with. */
  readonly confidence: number;
  readonly confidenceBefore: number | null;
  /** Brier score of the confidence, 0 is best; null while no outcome is known. */
  readonly brier: number | null;
}

/** Where whoever keeps the decisions says how they went. */
@Injectable()
export class DecisionTrend {
  private source: (() => Promise<DecisionTrendFigures | undefined>) | undefined;

  /** Who knows; undefined figures mean that nothing was decided yet. */
  provide(source: () => Promise<DecisionTrendFigures | undefined>): void {
    this.source = source;
  }

  /** The figures; undefined while there are none. */
  async read(): Promise<DecisionTrendFigures | undefined> {
    return this.source?.();
  }
}
