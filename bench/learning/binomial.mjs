// Chances of the binomial distribution, from logarithms: exact to about ten digits for some thousand trials.

/**
 * How likely at most `found` of `trials` succeed where each does with `odds`.
 * @param odds from 0 to 1
 */
export function chanceOfAtMost(found, trials, odds) {
  if (odds <= 0) return 1;
  if (odds >= 1) return found >= trials ? 1 : 0;
  let sum = 0;
  // ln of (trials choose k) odds^k (1 - odds)^(trials - k), k upwards
  let term = trials * Math.log1p(-odds);
  for (let k = 0; k <= Math.min(found, trials); k++) {
    sum += Math.exp(term);
    term += Math.log((trials - k) / (k + 1)) + Math.log(odds) - Math.log1p(-odds);
  }
  return Math.min(1, sum);
}
