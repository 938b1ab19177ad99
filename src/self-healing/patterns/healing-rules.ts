import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import { packageRoot } from '../../common/installation.js';

/** What the server knows to go wrong. */
export const CAUSES = [
  'cpu_high',
  'memory_high',
  'disk_high',
  'engine_crashed',
  'kernel_hung',
  'pool_exhausted',
  'database_away',
  'log_lag',
  'blob_corrupt',
  'process_crashed',
  'workers_down',
] as const;

/** A known cause. */
export type Cause = (typeof CAUSES)[number];

/** What can be done about something. */
export const REMEDIES = [
  'shed_load',
  'run_gc',
  'shrink_caches',
  'restart_engine',
  'await_restart',
  'prune_files',
  'reset_pool',
  'recover_database',
  'restart_sequencer',
  'refetch_blob',
  'restart_server',
  'restart_workers',
] as const;

/** The name of a remedy. */
export type RemedyName = (typeof REMEDIES)[number];

/** When a cause counts, and what is done about it; the names are those of the file, documented there. */
export interface CauseRule {
  readonly threshold: number;
  readonly for_s: number;
  readonly remedies: readonly RemedyName[];
  readonly attempts: number;
  readonly verify_s: number;
  readonly severity: 'warning' | 'critical';
}

/** What is not known is healed by nobody; it must be seen this long before somebody is called, s. */
export const UNKNOWN_RULE: CauseRule = {
  ...{ threshold: 1, for_s: 12, remedies: [], attempts: 0, verify_s: 1, severity: 'critical' },
};

/** The rules of every cause. */
export type HealingRules = Readonly<Record<Cause, CauseRule>>;

const MOST_REMEDIES = 8;
const number =
  (least: number, most: number, whole = true) =>
  (value: unknown): boolean =>
    typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value));

/** What is allowed in each field. */
const FIELDS: Readonly<Record<keyof CauseRule, { allowed: string; holds: (value: unknown) => boolean }>> = {
  threshold: {
    allowed: 'a number above 0, up to 3600000',
    holds: number(Number.MIN_VALUE, 3_600_000, false),
  },
  for_s: { allowed: 'a whole number from 0 to 600', holds: number(0, 600) },
  remedies: {
    allowed: `a list of at most ${MOST_REMEDIES} of ${REMEDIES.join(', ')}`,
    holds: (value) =>
      Array.isArray(value) &&
      value.length <= MOST_REMEDIES &&
      value.every((name) => (REMEDIES as readonly unknown[]).includes(name)),
  },
  attempts: { allowed: 'a whole number from 0 to 20', holds: number(0, 20) },
  verify_s: { allowed: 'a whole number from 1 to 600', holds: number(1, 600) },
  severity: {
    allowed: 'warning or critical',
    holds: (value) => value === 'warning' || value === 'critical',
  },
};

/** The file that comes with the installation. */
export function defaultHealingFile(): string {
  return join(packageRoot(), 'config', 'healing.yaml');
}

/**
 * Reads a file of rules. A cause that it does not name, because it is older than the server knowing it, has the rule of the file that
 * comes with the installation. `HEALING_UNREADABLE`, `HEALING_INVALID`.
 */
export function readHealingRules(file: string): Result<HealingRules> {
  if (file === defaultHealingFile()) return readFile(file);
  const shipped = readFile(defaultHealingFile());
  return shipped.ok ? readFile(file, shipped.value) : shipped;
}

function readFile(file: string, shipped?: HealingRules): Result<HealingRules> {
  try {
    return parseHealingRules(readFileSync(file, 'utf8'), shipped);
  } catch (thrown) {
    return err(new CodedError('HEALING_UNREADABLE', `${file} cannot be read: ${messageOf(thrown)}`));
  }
}

/**
 * Reads `{version: 1, causes: {…}}`; every cause must be there with every field. `HEALING_INVALID` names what is wrong.
 * @param shipped the rules of causes that the text does not name
 */
export function parseHealingRules(text: string, shipped: Partial<HealingRules> = {}): Result<HealingRules> {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 });
  } catch (thrown) {
    return invalid(messageOf(thrown).split('\n')[0]);
  }
  if (!isTable(document) || document.version !== 1 || !isTable(document.causes))
    return invalid('it must hold version: 1 and a table of causes');
  const extra = Object.keys(document).find((key) => key !== 'version' && key !== 'causes');
  if (extra !== undefined) return invalid(`unknown member "${extra}"`);
  const causes: Record<string, unknown> = { ...shipped, ...document.causes };
  const unknown = Object.keys(causes).find((name) => !(CAUSES as readonly string[]).includes(name));
  if (unknown !== undefined) return invalid(`unknown cause "${unknown}"; known are ${CAUSES.join(', ')}`);
  for (const cause of CAUSES) {
    const problem = problemOf(causes[cause]);
    if (problem !== null) return invalid(`${cause}: ${problem}`);
  }
  return ok(causes as unknown as HealingRules);
}

function problemOf(rule: unknown): string | null {
  if (!isTable(rule)) return 'it must be a table';
  const unknown = Object.keys(rule).find((name) => !Object.hasOwn(FIELDS, name));
  if (unknown !== undefined) return `unknown field "${unknown}"`;
  for (const [name, { allowed, holds }] of Object.entries(FIELDS))
    if (!holds(rule[name])) return `${name} must be ${allowed}`;
  return null;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(what: string): Result<never> {
  return err(new CodedError('HEALING_INVALID', `The rules of healing are broken: ${what}.`));
}
