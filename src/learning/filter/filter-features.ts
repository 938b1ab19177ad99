import type { Json } from '../../common/index.js';
import { ln } from '../../common/mathematics.js';

/** Something about a candidate that can be told before it is evaluated. */
export interface FilterFeature {
  readonly name: string;
  readonly meaning: string;
}

/** What the filter looks at, in the order of its weights. */
export const FILTER_FEATURES: readonly FilterFeature[] = [
  { name: 'probe', meaning: 'share by which the loss on public examples rises' },
  { name: 'largest_change', meaning: 'power of ten of the largest change of a tensor, by its length' },
  { name: 'least_change', meaning: 'power of ten of the least change of a tensor, by its length' },
  { name: 'length', meaning: 'how far lengths of tensors moved away from what they were, as a logarithm' },
  { name: 'spectrum', meaning: 'the same of the largest singular values' },
  { name: 'peak', meaning: 'power of ten of the largest weight, by the usual one' },
];

/** Changes below this are as good as none. */
const LEAST_CHANGE = 1e-6;
const LARGEST_CHANGE = 10;
const MOST_RISE = 1;
const MOST_RATIO = 1e6;

/** The features in the figures of a pre-filter that let a candidate pass; null where it was waived or did not come to the probe. */
export function filterFeatures(figures: Json): number[] | null {
  const { tensors, probe } = membersOf(figures);
  const { base, candidate } = membersOf(probe);
  if (!isPositive(base) || !isPositive(candidate)) return null;
  const changes = Object.values(membersOf(tensors)).flat().map(membersOf);
  if (changes.length === 0) return null;
  const numbers = (name: string) => changes.map((change) => change[name]).filter(isPositive);
  const relative = changes
    .map(({ change }) => change)
    .filter(isNotNegative)
    .map((change) => within(change, LEAST_CHANGE, LARGEST_CHANGE));
  if (relative.length === 0) return null;
  const away = (name: string) =>
    Math.max(0, ...numbers(name).map((ratio) => Math.abs(ln(within(ratio, 1 / MOST_RATIO, MOST_RATIO)))));
  return [
    within(candidate / base - 1, -MOST_RISE, MOST_RISE),
    log10(Math.max(...relative)),
    log10(Math.min(...relative)),
    away('norm_ratio'),
    away('spectral_ratio'),
    log10(Math.min(MOST_RATIO, Math.max(1, ...numbers('peak')))),
  ];
}

function log10(value: number): number {
  return ln(value) / ln(10);
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

function isPositive(value: unknown): value is number {
  return isNotNegative(value) && value > 0;
}

function isNotNegative(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
