import type { DataFigures } from '../audit/shown-data.js';
import type { Beacon } from '../beacon/beacon.js';
import type { ToldExamples } from '../evaluation/example-supply.js';
import type { EvaluationFigures, Reason } from '../evaluation/acceptance.js';

/** The audit of a training. Members are named as in JSON. */
export interface TrainingAuditFigures {
  /** Updates that were replayed, ascending, from 0. */
  readonly updates: readonly number[];
  /** Updates of the training. */
  readonly of: number;
  /** Tokens of the replayed updates as a share of all. */
  readonly share: number;
  /** How likely one of them would have been a forged one where a tenth, a quarter or half of all were. */
  readonly odds: { readonly tenth: number; readonly quarter: number; readonly half: number };
}

/** What of a fall of the loss is paid for. Members are named as in JSON. */
export interface RewardedFall {
  /** The part of `figures.overall.fall` that the reward is worked out from. */
  readonly fall: number;
  /** What accepted submissions of the same expert, from the same weights, or with new ones of the same layer were paid for before. */
  readonly before: number;
  /** Why it is less than the whole fall: `NOT_AUDITED`, `GAIN_PAID_BEFORE`; not there where it is not. */
  readonly reason?: Reason;
}

/** What a submission was judged on, and how it ended (docs/formats/verdict.md). Members are named as in JSON. */
export interface Verdict {
  readonly version: 1;
  readonly submission: string;
  /** Hash of the contributor's statement. */
  readonly statement: string;
  /** Compressed secp256k1 key of the contributor. */
  readonly author: string;
  /** Where it was made by a round: whose updates are in it, by key, and what each counts for in millionths. */
  readonly members?: readonly { readonly author: string; readonly weight: number }[];
  readonly model: string;
  /** The release that was trained from. */
  readonly parent_release: string;
  /** The release that the candidate was compared with: the one that was live. */
  readonly base_release: string;
  readonly blocks: readonly { readonly name: string; readonly block: string; readonly parent: string }[];
  readonly datasets: readonly string[];
  /**
   * Of datasets named by a block from before their audit, or from before the newest one: the block that tells of the set as it was when
   * this was judged. Not there where there is none.
   */
  readonly audited?: Readonly<Record<string, string>>;
  /** Domains the contributor claimed to be better. */
  readonly domains: readonly string[];
  readonly beacon: Beacon;
  readonly examples: ToldExamples;
  /** What was replayed of the training; not there where nothing was. */
  readonly audit?: TrainingAuditFigures;
  /** In which datasets the documents stand that were shown for it; not there without an audit, nor in older verdicts. */
  readonly data?: DataFigures;
  /** SHA-256 of the kernel that computed. */
  readonly kernel: string;
  readonly rules: {
    readonly delta: number;
    readonly epsilon: number;
    readonly loss_floor: number;
    readonly resamples: number;
  };
  readonly figures: EvaluationFigures;
  readonly accepted: boolean;
  readonly reasons: readonly Reason[];
  /** What is paid for; not there where it is not accepted, nor in older verdicts, which are paid for all of it. */
  readonly rewarded?: RewardedFall;
  /** What else is to be known, without weight for the outcome: `DOMAIN_UNCERTAIN`, `NOT_AUDITED`, `DATASET_…`; not there where there is nothing. */
  readonly notes?: readonly Reason[];
}

/** What of a verdict says what was paid. */
export interface PaidVerdict extends Pick<Verdict, 'accepted' | 'rewarded'> {
  readonly figures: { readonly overall: Pick<Verdict['figures']['overall'], 'fall'> };
}

/** The fall of the loss that a verdict alone has paid for. */
export function paidIn({ accepted, figures, rewarded }: PaidVerdict): number {
  if (!accepted) return 0;
  return rewarded === undefined ? Math.max(0, figures.overall.fall) : rewarded.fall;
}

/** The fall of the loss that a verdict and those it builds on have paid for together. */
export function paidBy(verdict: PaidVerdict): number {
  return (verdict.rewarded?.before ?? 0) + paidIn(verdict);
}
