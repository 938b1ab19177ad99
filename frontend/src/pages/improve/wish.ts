import type { TrainingRequest } from '../../training/protocol.js';

/** What is typed into the form. */
export interface TypedWish {
  readonly model: string | null;
  readonly expert: string | null;
  readonly file: File | null;
  readonly text: string;
  readonly minutes: number | string;
  readonly learningRate: number | string;
  /** Empty: as many as fit into the time. */
  readonly steps: number | string;
  readonly batchTokens: number | string;
  readonly threads: number | string;
  readonly seed: string;
  readonly datasets: string;
}

/** What `stemma train` takes where nothing is said. */
export const USUAL_WISH: TypedWish = {
  model: null,
  expert: null,
  file: null,
  text: '',
  minutes: 10,
  learningRate: 0.001,
  steps: '',
  batchTokens: 2048,
  threads: 1,
  seed: '1',
  datasets: '',
};

/** The bounds of `stemma train`: least, most, and whether only whole numbers are meant. */
export const BOUNDS = {
  minutes: { min: 0.05, max: 10_080, whole: false },
  learningRate: { min: 1e-7, max: 1, whole: false },
  steps: { min: 1, max: 10_000_000, whole: true },
  batchTokens: { min: 16, max: 1 << 20, whole: true },
  threads: { min: 1, max: 64, whole: true },
} as const;

const LONGEST_SEED = 1024;
const MOST_DATASETS = 64;

/** A number that is typed, within its bounds; null where it is none. */
export function boundedNumber(name: keyof typeof BOUNDS, typed: number | string): number | null {
  const { min, max, whole } = BOUNDS[name];
  const value = typed === '' ? NaN : Number(typed);
  return value >= min && value <= max && (!whole || Number.isInteger(value)) ? value : null;
}

/** Hashes of datasets as they are typed; null where one is no hash, or there are too many. */
export function typedDatasets(text: string): string[] | null {
  const named = [...new Set(text.split(/[\s,]+/).filter((part) => part !== ''))].sort();
  return named.length <= MOST_DATASETS && named.every((hash) => /^[0-9a-f]{64}$/.test(hash)) ? named : null;
}

/** What is asked for; null as long as something is missing or wrong. @param mostThreads that this browser offers */
export function requestOf(wish: TypedWish, mostThreads: number): TrainingRequest | null {
  const { model, expert, file, text, seed } = wish;
  const data = file ?? (text.trim() === '' ? null : new Blob([text]));
  const minutes = boundedNumber('minutes', wish.minutes);
  const learningRate = boundedNumber('learningRate', wish.learningRate);
  const steps = wish.steps === '' ? null : boundedNumber('steps', wish.steps);
  const batchTokens = boundedNumber('batchTokens', wish.batchTokens);
  const threads = boundedNumber('threads', wish.threads);
  const datasets = typedDatasets(wish.datasets);
  if (model === null || expert === null || data === null || datasets === null) return null;
  if (minutes === null || learningRate === null || batchTokens === null) return null;
  if (threads === null || threads > mostThreads) return null;
  if ((steps === null && wish.steps !== '') || seed.length > LONGEST_SEED) return null;
  return { model, expert, data, minutes, steps, learningRate, batchTokens, seed, threads, datasets };
}
