import { readdir, readFile, stat } from 'node:fs/promises';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../common/durable-files.js';
import { POLICY_NAMES, type PolicyName } from '../kernel/index.js';
import type { PredictionFigures } from './prediction.js';
import { CURVE_NAMES, type CurveName } from './study.js';

/** What cache-lab found for a model, as it is kept in the data folder and shown on the Experts page. */
export interface PolicyChoice {
  readonly version: 1;
  readonly model: string;
  /** Hash of the release whose routing was replayed. */
  readonly release: string;
  /** The policy with the fewest misses at the configured size. */
  readonly policy: PolicyName;
  readonly expert_cache_mb: number;
  /** Milliseconds since the epoch. */
  readonly measured_at: number;
  /** Passes replayed. */
  readonly passes: number;
  /** Of the chosen policy at the configured size, and of the clairvoyant optimum: 0 to 1. */
  readonly hit_rate: number;
  readonly optimum: number;
  /** How well the experts of a layer were foretold; null when the trace does not say. */
  readonly prediction: PredictionFigures | null;
  /**
   * With the chosen policy and foretold experts loaded early at the configured size: hit rate, and loads in all per load without; null
   * when the trace holds no predictions.
   */
  readonly prefetch: { readonly hit_rate: number; readonly loads: number } | null;
  /** By size, smallest first. */
  readonly curves: readonly CurvePoint[];
}

/** Hit rates of all policies at one size. */
export interface CurvePoint {
  /** Experts that fit, and their bytes. */
  readonly experts: number;
  readonly bytes: number;
  readonly hit_rates: Readonly<Record<CurveName, number>>;
}

const LARGEST_FILE = 1 << 20;
/** Choices that are looked at; one per model. */
const MOST_FILES = 256;
const MOST_POINTS = 256;

/** Keeps a choice in the data folder, in place of an earlier one for the same model. */
export async function keepChoice(dataDir: string, choice: PolicyChoice): Promise<string> {
  const folder = folderOf(dataDir);
  await mkdir(folder, { recursive: true });
  const target = join(folder, `${choice.model}.json`);
  const content = new TextEncoder().encode(`${JSON.stringify(choice, null, 1)}\n`);
  await writeDurably(folder, [{ target, content }]);
  return target;
}

/**
 * The choice made last, of whatever model; null when there is none. All models share one cache, so one policy has to serve
 * (docs/expert-cache.md says why it is the newest). A file
 * that cannot be read or is not a choice is passed over: nothing but speed depends on it.
 */
export async function latestChoice(dataDir: string): Promise<PolicyChoice | null> {
  const names = await readdir(folderOf(dataDir)).catch(() => []);
  const files = names.filter((name) => name.endsWith('.json')).slice(0, MOST_FILES);
  const choices = await Promise.all(files.map((name) => readChoice(join(folderOf(dataDir), name))));
  const valid = choices.filter((choice) => choice !== null);
  return valid.sort((a, b) => b.measured_at - a.measured_at)[0] ?? null;
}

function folderOf(dataDir: string): string {
  return join(dataDir, 'cache-lab');
}

async function readChoice(path: string): Promise<PolicyChoice | null> {
  try {
    if ((await stat(path)).size > LARGEST_FILE) return null;
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isChoice(value) ? value : null;
  } catch {
    return null;
  }
}

function isChoice(value: unknown): value is PolicyChoice {
  const choice = Object(value) as Partial<Record<keyof PolicyChoice, unknown>>;
  const { version, model, release, policy, prediction, curves } = choice;
  const numbers = [
    choice.expert_cache_mb,
    choice.measured_at,
    choice.passes,
    choice.hit_rate,
    choice.optimum,
  ];
  return (
    version === 1 &&
    [model, release].every((text) => typeof text === 'string' && text.length <= 128) &&
    POLICY_NAMES.includes(policy as PolicyName) &&
    numbers.every(Number.isFinite) &&
    (prediction === null || hasNumbers(prediction, ['precision', 'recall'])) &&
    (choice.prefetch === null || hasNumbers(choice.prefetch, ['hit_rate', 'loads'])) &&
    Array.isArray(curves) &&
    curves.length <= MOST_POINTS &&
    curves.every(isPoint)
  );
}

function isPoint(value: unknown): boolean {
  const point = Object(value) as Partial<Record<keyof CurvePoint, unknown>>;
  return hasNumbers(point, ['experts', 'bytes']) && hasNumbers(point.hit_rates, CURVE_NAMES);
}

function hasNumbers(value: unknown, names: readonly string[]): boolean {
  const fields = Object(value) as Readonly<Record<string, unknown>>;
  return names.every((name) => Number.isFinite(fields[name]));
}
