import { norm } from './similarity.js';
import { spectralNorm, type Matrix } from './spectrum.js';

/** A tensor as it was before and as it is now. */
export interface TensorPair {
  readonly name: string;
  readonly before: Matrix;
  readonly after: Matrix;
}

/** How a tensor has changed. Ratios are after by before; null where there was nothing before. */
export interface TensorChange {
  readonly name: string;
  /** Length of the change by the length before. */
  readonly change: number | null;
  readonly norm_ratio: number | null;
  readonly spectral_ratio: number | null;
  /** Largest magnitude, by the root mean square. */
  readonly peak: number;
}

/** What a change may be. */
export interface ChangeLimits {
  /** Least change of any tensor that counts as one. */
  readonly leastChange: number;
  /** Norms may grow or shrink by this factor. */
  readonly factor: number;
  /** Largest magnitude by the root mean square. */
  readonly peak: number;
}

/** The usual limits: wide, because they only keep away what needs no evaluation. */
export const CHANGE_LIMITS: ChangeLimits = { leastChange: 1e-5, factor: 8, peak: 200 };

/** Works out how a tensor has changed. */
export function tensorChange({ name, before, after }: TensorPair): TensorChange {
  const [was, is] = [norm(before.values), norm(after.values)];
  const difference = norm(after.values.map((value, i) => value - before.values[i]));
  const spectral = was > 0 && Math.min(after.rows, after.columns) > 1;
  const peak = after.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return {
    name,
    change: was > 0 ? difference / was : null,
    norm_ratio: was > 0 ? is / was : null,
    spectral_ratio: spectral ? spectralNorm(after) / spectralNorm(before) : null,
    peak: is > 0 ? peak / (is / Math.sqrt(after.values.length)) : 0,
  };
}

/** Why changed tensors of a block need no evaluation; null: they do. */
export function changeProblem(
  changes: readonly TensorChange[],
  { leastChange, factor, peak }: ChangeLimits = CHANGE_LIMITS,
): { readonly code: string; readonly detail: string } | null {
  if (changes.every(({ change }) => change !== null && change < leastChange))
    return { code: 'NO_CHANGE', detail: 'the weights are those they come from' };
  for (const { name, norm_ratio: whole, spectral_ratio: spectral, peak: found } of changes) {
    for (const [what, ratio] of [
      ['length', whole],
      ['largest singular value', spectral],
    ] as const)
      if (ratio !== null && !(ratio <= factor && ratio >= 1 / factor))
        return {
          code: 'WEIGHTS_OUT_OF_SHAPE',
          detail: `${name}: its ${what} is ${ratio.toPrecision(3)} times what it was, allowed is up to ${factor} times`,
        };
    if (!(found <= peak))
      return {
        code: 'WEIGHTS_OUT_OF_SHAPE',
        detail: `${name}: one weight is ${found.toPrecision(3)} times the usual one, allowed is ${peak}`,
      };
  }
  return null;
}
