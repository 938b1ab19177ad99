import {
  fitLogistic,
  probabilityOf,
  type LabelledFeatures,
  type LogisticModel,
} from './logistic-regression.js';

/** How well a filter tells candidates apart that it was not fitted to. Members are named as in JSON. */
export interface FilterFigures {
  readonly accepted: number;
  readonly rejected: number;
  /** Of those it would turn away, the share that were rejected; null where it would turn nobody away. */
  readonly precision: number | null;
  /** Of those that were rejected, the share it would turn away. */
  readonly recall: number;
}

/** A filter that was learnt from verdicts. Members are named as in JSON. */
export interface LearntFilter {
  readonly version: 1;
  readonly model: LogisticModel;
  /** Below this probability of acceptance a candidate is turned away. */
  readonly threshold: number;
  readonly figures: FilterFigures;
  /** Why it turns nobody away yet; null where it is used. */
  readonly unused: string | null;
}

/** Verdicts, and verdicts of each kind, that a filter is made of at least. */
const LEAST_EXAMPLES = 40;
const LEAST_OF_A_KIND = 8;
const FOLDS = 5;
/** How far below the least likely one that was accepted a candidate has to be. */
const MARGIN = 0.5;
/** A filter that finds less than this is not worth being asked. */
const LEAST_RECALL = 0.1;

/**
 * Learns from verdicts which candidates need no evaluation. Precision and recall are those of five parts: each candidate is judged by a model
 * and a threshold that have not seen it. The threshold lies well below every candidate that was accepted. Plain ones are learnt from and
 * counted nowhere: the figures are of those that only a filter could turn away.
 * @param examples oldest first; the same ones give the same filter. Null where they are too few.
 */
export function trainFilter(examples: readonly LabelledFeatures[]): LearntFilter | null {
  const counted = examples.filter(({ isPlain }) => isPlain !== true);
  const accepted = counted.filter(({ positive }) => positive).length;
  const rejected = counted.length - accepted;
  if (counted.length < LEAST_EXAMPLES || Math.min(accepted, rejected) < LEAST_OF_A_KIND) return null;
  const judged = crossValidated(examples);
  const thresholds = Array.from({ length: FOLDS }, (_, fold) =>
    thresholdOf(judged.filter((other) => other.fold !== fold)),
  );
  const turnedAway = judged.filter(({ fold, probability }) => probability < thresholds[fold]);
  const right = weightOf(turnedAway.filter(({ positive }) => !positive));
  const recall = right / weightOf(judged.filter(({ positive }) => !positive));
  return {
    version: 1,
    model: fitLogistic(examples),
    threshold: thresholdOf(judged),
    figures: {
      ...{ accepted, rejected, recall },
      precision: turnedAway.length === 0 ? null : right / weightOf(turnedAway),
    },
    unused: recall < LEAST_RECALL ? 'it would find too few of those that are rejected' : null,
  };
}

interface JudgedExample {
  readonly positive: boolean;
  readonly weight: number;
  readonly probability: number;
  readonly fold: number;
}

function weightOf(judged: readonly JudgedExample[]): number {
  return judged.reduce((sum, { weight }) => sum + weight, 0);
}

function thresholdOf(judged: readonly JudgedExample[]): number {
  const accepted = judged.filter(({ positive }) => positive).map(({ probability }) => probability);
  return Math.min(...accepted) * MARGIN;
}

/** Each kind is dealt out to the parts in turn, so that every part has some of both. */
function crossValidated(examples: readonly LabelledFeatures[]): JudgedExample[] {
  const dealt = { true: 0, false: 0 };
  const folds = examples.map(({ positive }) => dealt[`${positive}`]++ % FOLDS);
  const models = Array.from({ length: FOLDS }, (_, fold) =>
    fitLogistic(examples.filter((_unused, i) => folds[i] !== fold)),
  );
  return examples.flatMap(({ features, positive, weight, isPlain }, i) => {
    if (isPlain === true) return [];
    const probability = probabilityOf(models[folds[i]], features);
    return [{ positive, weight, fold: folds[i], probability }];
  });
}
