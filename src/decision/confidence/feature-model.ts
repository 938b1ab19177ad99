import { CodedError, err, ok, type Result } from '../../common/index.js';
import { exp } from '../../common/mathematics.js';
import type { Features } from '../types.js';

/** One thing that speaks for or against an action. */
export interface Feature {
  readonly name: string;
  /** How much it moves the confidence: log-odds per unit, for values from 0 to 1. */
  readonly weight: number;
  /** What 0 and 1 mean, for people. */
  readonly meaning: string;
  /** What is assumed where nobody measured it: the value that speaks most against the action, unless said otherwise. */
  readonly unknown?: number;
}

/** How confident one type of decision is from its features; everything in it is shown with each decision. */
export interface FeatureModel {
  /** Goes into the record of each decision; raised with every change. */
  readonly version: string;
  /** Log-odds when every feature is 0. */
  readonly bias: number;
  readonly features: readonly Feature[];
}

/** What a feature did to one confidence. */
export interface Contribution {
  readonly feature: string;
  readonly value: number;
  /** Whether it was measured; else `value` is the assumption. */
  readonly known: boolean;
  readonly weight: number;
  /** weight × value, in log-odds. */
  readonly logOdds: number;
}

/** A confidence before it has met reality. */
export interface RawConfidence {
  /** Logistic function of bias plus contributions, 0 to 1. */
  readonly value: number;
  readonly model: string;
  readonly bias: number;
  readonly contributions: readonly Contribution[];
}

/**
 * The logistic model of a decision. Refuses (`FEATURE_UNKNOWN`, `FEATURE_RANGE`) features it has no weight for and values
 * outside [0, 1]: silently ignoring one would make the figure mean something else than the record says.
 */
export function rawConfidence(model: FeatureModel, given: Features): Result<RawConfidence> {
  const names = model.features.map(({ name }) => name);
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name)) {
      const message = `there is no feature ${JSON.stringify(name)}; there are ${names.join(', ')}`;
      return err(new CodedError('FEATURE_UNKNOWN', message, { feature: name }, 400));
    }
    if (!(value >= 0 && value <= 1)) {
      const message = `feature ${name} is ${value}; it goes from 0 to 1`;
      return err(new CodedError('FEATURE_RANGE', message, { feature: name }, 400));
    }
  }
  const contributions = model.features.map((feature) => contributionOf(feature, given));
  const logOdds = contributions.reduce((sum, contribution) => sum + contribution.logOdds, model.bias);
  return ok({ value: logistic(logOdds), model: model.version, bias: model.bias, contributions });
}

function contributionOf(feature: Feature, given: Features): Contribution {
  const { name, weight } = feature;
  const known = Object.hasOwn(given, name);
  const value = known ? given[name] : (feature.unknown ?? (weight > 0 ? 0 : 1));
  return { feature: name, value, known, weight, logOdds: weight * value };
}

/** 1 / (1 + e^-x). */
export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const odds = exp(x);
  return odds / (1 + odds);
}
