import type { TraceTurns } from './turns.js';

/** How well the experts of a layer were foretold from the layer before. */
export interface PredictionFigures {
  /** Part of what was foretold that was used. */
  readonly precision: number;
  /** Part of what was used that had been foretold, where anything was: not for the first layer and not for many rows. */
  readonly recall: number;
}

/** Precision and recall of a trace's predictions; null when it holds none. */
export function predictionFigures({ header, turns }: TraceTurns): PredictionFigures | null {
  let [foretold, used, right] = [0, 0, 0];
  turns.forEach((turn, number) => {
    if (number % header.layers === 0 || turn.predicted.length === 0) return;
    foretold += turn.predicted.length;
    used += turn.used.length;
    right += turn.predicted.filter((expert) => turn.used.includes(expert)).length;
  });
  return foretold === 0 ? null : { precision: right / foretold, recall: right / used };
}
