import { CodedError, err, hashJson, isHash, ok, type Json, type Result } from '../../common/index.js';
import type { AggregatorName } from '../consensus/aggregator.js';
import { AGGREGATORS } from '../consensus/aggregators.js';
import { spend } from '../privacy/privacy-budget.js';
import { NOTHING_SPENT } from '../privacy/renyi.js';

/** What everybody in a round agrees to (docs/formats/round.md). Members are named as in JSON. */
export interface RoundTerms {
  readonly version: 1;
  readonly model: string;
  /** Hash of the release that everybody trains from. */
  readonly release: string;
  /** Experts that learn, sorted. */
  readonly experts: readonly string[];
  /** Blocks of chain D that are to be trained on, sorted; none: everybody uses data of their own. */
  readonly datasets: readonly string[];
  /** Decides the order of the examples. */
  readonly seed: string;
  readonly training: {
    /** Greatest learning rate. */
    readonly learning_rate: number;
    /** Tokens that one training update is made from. */
    readonly batch_tokens: number;
    /** Training updates of each contributor. */
    readonly steps: number;
  };
  readonly aggregator: AggregatorName;
  /** How many contributors may be faulty or hostile. */
  readonly faulty: number;
  /** Members without whom there is no result. */
  readonly minimum: number;
  /** Members that are let in. */
  readonly most: number;
  /** Largest compressed update, bytes. */
  readonly update_bytes: number;
  /** Longest update, as a multiple of the length of the weights it changes. */
  readonly update_length: number;
  /** Where the result must not tell what one member has given: how that is made sure of. */
  readonly privacy?: RoundPrivacyTerms;
  /** How long one may join, commit and reveal, seconds each. */
  readonly join_seconds: number;
  readonly commit_seconds: number;
  readonly reveal_seconds: number;
}

/** How a round keeps what each member has given to itself. Members are named as in JSON. */
export interface RoundPrivacyTerms {
  /** Longest update, as a multiple of the length of the weights it changes: how far one member can move the sum. */
  readonly clip: number;
  /** Deviation of the noise on the sum, as a multiple of that length. */
  readonly noise_multiplier: number;
  /** What a contributor may lose of its privacy on this server, this round included. */
  readonly epsilon: number;
  /** Probability with which more may be lost. */
  readonly delta: number;
}

const MEMBERS = [
  ...[
    'aggregator',
    'commit_seconds',
    'datasets',
    'experts',
    'faulty',
    'join_seconds',
    'minimum',
    'model',
    'most',
  ],
  ...['release', 'reveal_seconds', 'seed', 'training', 'update_bytes', 'update_length', 'version'],
].join();
const MODEL = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const EXPERT = /^layer\d{1,5}\.expert\d{1,5}$/;
const SEED = /^[\x20-\x7e]{1,64}$/;
const WEEK = 604_800;
const MOST_NOISE = 1_000;
/** Beyond these nothing is promised that is worth a word. */
const MOST_EPSILON = 100;
const MOST_DELTA = 1e-3;

/** Bounds of one round. */
export const ROUND_LIMITS = {
  ...{ experts: 8, datasets: 64, members: 64, updateBytes: 2 ** 23, updateLength: 100 },
  /** Weights of its experts, and those of all its members together. */
  ...{ values: 2 ** 22, valuesOfAll: 2 ** 26 },
} as const;

/** What all updates of a round may have together on a server, bytes. */
export function budgetOf({ learningRoundMb }: { readonly learningRoundMb: number }): number {
  return learningRoundMb * 2 ** 20;
}

type Fits = (value: unknown) => boolean;

const COUNT = (least: number, most: number): Fits => {
  return (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
};
const AMOUNT = (most: number): Fits => {
  return (value) => typeof value === 'number' && value > 0 && value <= most;
};
const WORD = (pattern: RegExp): Fits => {
  return (value) => typeof value === 'string' && pattern.test(value);
};
const SORTED = (fits: Fits, least: number, most: number): Fits => {
  return (value) =>
    Array.isArray(value) &&
    value.length >= least &&
    value.length <= most &&
    (value as unknown[]).every((item, i) => fits(item) && (i === 0 || String(value[i - 1]) < String(item)));
};

const FITS: Readonly<Record<Exclude<keyof RoundTerms, 'version' | 'privacy'>, Fits>> = {
  model: WORD(MODEL),
  release: isHash,
  experts: SORTED(WORD(EXPERT), 1, ROUND_LIMITS.experts),
  datasets: SORTED(isHash, 0, ROUND_LIMITS.datasets),
  seed: WORD(SEED),
  training: isTraining,
  aggregator: (value) => typeof value === 'string' && Object.hasOwn(AGGREGATORS, value),
  faulty: COUNT(0, ROUND_LIMITS.members),
  minimum: COUNT(2, ROUND_LIMITS.members),
  most: COUNT(2, ROUND_LIMITS.members),
  update_bytes: COUNT(1, ROUND_LIMITS.updateBytes),
  update_length: AMOUNT(ROUND_LIMITS.updateLength),
  join_seconds: COUNT(1, WEEK),
  commit_seconds: COUNT(1, WEEK),
  reveal_seconds: COUNT(1, WEEK),
};

/**
 * Reads terms: `ROUND_TERMS` names the member that is wrong, `AGGREGATION_BOUND` says how many members the aggregator needs to outvote as
 * many as may be faulty, `PRIVACY_AGGREGATOR` that it is not known how far one member can move what the aggregator gives, and
 * `PRIVACY_BUDGET_SPENT` that this round alone is more than its own limit.
 */
export function parseTerms(value: unknown): Result<RoundTerms> {
  const bad = (member: string) =>
    err(new CodedError('ROUND_TERMS', `terms: ${member} is not valid`, { member }));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad('terms');
  const given = value as Record<string, unknown>;
  const named = Object.keys(given).filter((name) => name !== 'privacy');
  if (named.sort().join() !== MEMBERS) return bad('its list of members');
  if (given.version !== 1) return bad('version');
  const wrong = (Object.keys(FITS) as (keyof typeof FITS)[]).find((name) => !FITS[name](given[name]));
  if (wrong !== undefined) return bad(wrong);
  if ('privacy' in given && !isPrivacy(given.privacy)) return bad('privacy');
  const terms = given as unknown as RoundTerms;
  if (terms.minimum > terms.most) return bad('minimum');
  const least = AGGREGATORS[terms.aggregator].leastUpdates(terms.faulty);
  if (terms.minimum >= least) return checkPrivacy(terms);
  const message = Number.isFinite(least)
    ? `${terms.aggregator} needs ${least} members where ${terms.faulty} may be faulty, the minimum is ${terms.minimum}`
    : `${terms.aggregator} outvotes nobody: choose another aggregator, or faulty 0`;
  return err(new CodedError('AGGREGATION_BOUND', message, { minimum: terms.minimum, faulty: terms.faulty }));
}

function checkPrivacy(terms: RoundTerms): Result<RoundTerms> {
  const { aggregator, privacy } = terms;
  if (privacy === undefined) return ok(terms);
  if (aggregator !== 'mean') {
    const message = `how far one member can move what ${aggregator} gives is not known: privacy needs the mean`;
    return err(new CodedError('PRIVACY_AGGREGATOR', message, { aggregator }));
  }
  const spent = spend(NOTHING_SPENT, privacy.noise_multiplier, privacy);
  return spent.ok ? ok(terms) : spent;
}

/** The hash that the log names terms by. */
export function termsHash(terms: RoundTerms): string {
  return hashJson(terms as unknown as Json);
}

/** The id of a round: who announced which terms when. @param at ms since the epoch */
export function roundId(terms: RoundTerms, account: string, at: number): string {
  return `round_${hashJson({ terms: termsHash(terms), account, at }).slice(0, 32)}`;
}

function isPrivacy(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { clip, noise_multiplier: noise, epsilon, delta, ...rest } = value as Record<string, unknown>;
  return (
    Object.keys(rest).length === 0 &&
    AMOUNT(ROUND_LIMITS.updateLength)(clip) &&
    AMOUNT(MOST_NOISE)(noise) &&
    AMOUNT(MOST_EPSILON)(epsilon) &&
    AMOUNT(MOST_DELTA)(delta)
  );
}

function isTraining(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { learning_rate: rate, batch_tokens: tokens, steps, ...rest } = value as Record<string, unknown>;
  return (
    Object.keys(rest).length === 0 && AMOUNT(1)(rate) && COUNT(16, 2 ** 20)(tokens) && COUNT(1, 1e7)(steps)
  );
}
