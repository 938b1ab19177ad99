import type { LimitChange, Limits } from '../../api/limits.js';
import { number } from '../../components/format.js';

/** How a limit is written for people. */
export interface LimitName {
  readonly name: string;
  readonly label: string;
  readonly about: string;
  readonly most: number;
  readonly step: number;
  readonly decimals: number;
}

const share = { most: 1, step: 0.01, decimals: 2 };
const amount = { most: 1e12, step: 100, decimals: 0 };

/** The limits in the order they are shown. */
export const limitNames: readonly LimitName[] = [
  {
    ...{ name: 'transaction_amount', label: 'Per transaction, at most' },
    ...{ about: 'whole units of the chain; above it a guardian is asked', ...amount },
  },
  {
    ...{ name: 'transaction_day', label: 'In 24 hours, at most' },
    ...{ about: 'whole units of the chain, all transactions together', ...amount },
  },
  { name: 'bias', label: 'Bias, at most', about: 'of a release that is to be served', ...share },
  { name: 'fairness', label: 'Fairness, at least', about: 'of a release that is to be served', ...share },
  {
    ...{ name: 'transparency', label: 'Transparency, at least' },
    ...{ about: 'share of weights whose data, licence and author are on chain', ...share },
  },
  {
    ...{ name: 'security', label: 'Security score, at least' },
    ...{ about: 'below it a guardian is asked', ...share },
  },
  {
    ...{ name: 'security_blocked', label: 'Security score that blocks' },
    ...{ about: 'below it nothing is done, whoever orders it', ...share },
  },
];

/** Limits that differ, with their values in `to`. */
export function changedLimits(from: Limits, to: Limits): Limits {
  return Object.fromEntries(Object.entries(to).filter(([name, value]) => from[name] !== value));
}

/** `Bias, at most: 0.15 → 0.2` for each limit that a change moved. */
export function changeInWords({ from, to }: Pick<LimitChange, 'from' | 'to'>): string {
  return limitNames
    .filter(({ name }) => from[name] !== to[name])
    .map(
      ({ name, label, decimals }) =>
        `${label}: ${number(from[name], decimals)} → ${number(to[name], decimals)}`,
    )
    .join('; ');
}
