import { setImmediate as othersFirst } from 'node:timers/promises';
import { Random } from '../../datasets/generators/index.js';

/** Resamples between two turns of others: some milliseconds. */
const AT_A_TIME = 100;

/** One example as two models were asked it: the sums of the cross-entropies of its tokens, natural logarithm. */
export interface PairedLoss {
  readonly base: number;
  readonly candidate: number;
  /** Tokens that were asked for. */
  readonly tokens: number;
}

/** How much a loss fell, as a share of the base's: 0.02 is 2 % less. */
export interface Fall {
  readonly fall: number;
  /** 2.5 % and 97.5 % quantiles of the bootstrap. */
  readonly low: number;
  readonly high: number;
}

/** Mean losses per token before and after, over groups of examples that count the same each. */
export interface MeanLosses {
  readonly base: number;
  readonly candidate: number;
}

/**
 * Mean cross-entropy per token of a group, of several the mean of theirs. @param groups at least one, none empty
 * @param draw the example that is taken at each place of a group of so many; each once by default
 */
export function meanLosses(
  groups: readonly (readonly PairedLoss[])[],
  draw?: (count: number) => number,
): MeanLosses {
  let [base, candidate] = [0, 0];
  for (const group of groups) {
    let [baseSum, candidateSum, tokens] = [0, 0, 0];
    for (let i = 0; i < group.length; i++) {
      const loss = group[draw === undefined ? i : draw(group.length)];
      baseSum += loss.base;
      candidateSum += loss.candidate;
      tokens += loss.tokens;
    }
    base += baseSum / tokens;
    candidate += candidateSum / tokens;
  }
  return { base: base / groups.length, candidate: candidate / groups.length };
}

/**
 * The fall of a loss with its interval by the paired percentile bootstrap (B. Efron, Bootstrap Methods: Another Look at the Jackknife,
 * 1979): examples are drawn with replacement, both models' losses of an example together, and within each group, so that every
 * resample holds as many of each. The same losses and seed give the same interval. Others get their turn in between.
 */
export async function pairedBootstrap(
  groups: readonly (readonly PairedLoss[])[],
  seed: string,
  resamples: number,
): Promise<Fall> {
  const random = new Random(seed);
  const falls = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    if (i % AT_A_TIME === 0) await othersFirst();
    falls[i] = fallOf(meanLosses(groups, (count) => random.int(0, count - 1)));
  }
  falls.sort();
  return {
    fall: fallOf(meanLosses(groups)),
    low: falls[Math.floor(resamples * 0.025)],
    high: falls[Math.ceil(resamples * 0.975) - 1],
  };
}

/** 0 where there was no loss to fall. */
function fallOf({ base, candidate }: MeanLosses): number {
  return base > 0 ? (base - candidate) / base : 0;
}
