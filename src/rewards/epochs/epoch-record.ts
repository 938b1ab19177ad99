import { CodedError, err, hashJson, isHash, ok, type Json, type Result } from '../../common/index.js';
import { computeEpoch, sumOf, type Payouts } from './compute-epoch.js';
import type { Earning } from './earning.js';
import type { EpochRange, ReadInput } from './epoch-input.js';
import { firstState, readState, stateJson, type EpochState } from './epoch-state.js';
import { parseRewardsPolicy } from '../policy/rewards-policy.js';

/** Name and version of the record (docs/formats/epoch.md). */
export const EPOCH_FORMAT = 'stemma.epoch.v1';

/** What an epoch begins with: its number and place, and the record before it. */
export interface EpochPlace {
  /** From 1. */
  readonly epoch: number;
  readonly range: EpochRange;
  /** RFC 6962 root over the leaves before `range.end`, 64 hex digits. */
  readonly root: string;
  /** Hash of the record before; null for the first epoch. */
  readonly previous: string | null;
  /** What the policy's file says. */
  readonly policy: Json;
  /**
   * When it was worked out, ms since the epoch, where leaves are dated in a later year than that: a clock was ahead, and a year does not
   * begin because of it. Not there otherwise.
   */
  readonly dated?: number;
}

/** A worked-out epoch with the JSON that is kept of it. */
export interface ComputedEpoch {
  readonly payouts: Payouts;
  readonly record: Json;
  /** SHA-256 of the record's canonical JSON. */
  readonly hash: string;
}

/** What others need of a record to go on from it, or to work it out again. */
export interface EpochFacts extends EpochPlace {
  readonly after: EpochState;
}

/** Works out an epoch and writes its record. @param before null before the first  `REWARDS_INVALID` for a policy that is none */
export function epochOf(
  place: EpochPlace,
  read: ReadInput,
  before: EpochState | null,
): Result<ComputedEpoch> {
  const policy = parseRewardsPolicy(place.policy);
  if (!policy.ok) return policy;
  // Whoever publishes can only keep a year from beginning, and never begin one.
  const yearAt = Math.min(read.input.at, place.dated ?? read.input.at);
  const payouts = computeEpoch(read.input, policy.value, before ?? firstState(policy.value), yearAt);
  const record = recordJson(place, read, payouts);
  return ok({ payouts, record, hash: hashJson(record) });
}

function recordJson(
  place: EpochPlace,
  { input, hash, answers }: ReadInput,
  { earned, paid, after }: Payouts,
): Json {
  const { epoch, range, root, previous, policy, dated } = place;
  return {
    ...{ format: EPOCH_FORMAT, epoch, previous, first: range.first, end: range.end, root },
    ...{ at: input.at, policy, ...(dated !== undefined && { dated }) },
    input: { hash, verdicts: input.verdicts.length, answers, scores: input.scores.length },
    earned: earned.map(earningJson),
    paid: paid.map(({ account, amount }) => ({ account, amount: String(amount) })),
    totals: { earned: String(sumOf(earned)), paid: String(sumOf(paid)) },
    after: stateJson(after),
  };
}

function earningJson({ account, kind, amount, reference }: Earning): Json {
  return { account, kind, amount: String(amount), reference };
}

/** Reads what is needed of a record from anywhere; `EPOCH_RECORD` where it is not one. */
export function readRecord(value: unknown): Result<EpochFacts> {
  if (typeof value !== 'object' || value === null) return notOne('members');
  const json = value as Readonly<Record<string, unknown>>;
  const { format, epoch, previous, first, end, root, policy, dated } = json;
  if (format !== EPOCH_FORMAT) return notOne('format');
  if (!isCount(epoch) || epoch < 1) return notOne('epoch');
  if (!isCount(first) || !isCount(end) || end <= first) return notOne('first and end');
  if (!isHash(root)) return notOne('root');
  if (previous !== null && !isHash(previous)) return notOne('previous');
  if (typeof policy !== 'object' || policy === null) return notOne('policy');
  if (dated !== undefined && !isCount(dated)) return notOne('dated');
  const after = readState(json.after);
  if (after === null) return notOne('after');
  const place = { epoch, range: { first, end }, root, previous, policy: policy as Json, after };
  return ok(dated === undefined ? place : { ...place, dated });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function notOne(member: string): Result<never> {
  return err(new CodedError('EPOCH_RECORD', `This is not the record of an epoch: ${member} is not valid.`));
}
