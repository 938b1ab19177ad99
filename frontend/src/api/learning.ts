import { requestJson, withQuery } from './client.js';
import type { Page } from './page.js';

/** How much a loss fell, with its interval; shares of the loss before. */
export interface LossFigures {
  readonly base: number;
  readonly candidate: number;
  readonly fall: number;
  readonly low: number;
  readonly high: number;
  readonly examples: number;
  readonly tokens: number;
}

/** A submission as lists show it. Times are ISO 8601. */
export interface SubmissionSummary {
  readonly submission_id: string;
  readonly model: string;
  readonly author: string;
  readonly state: string;
  readonly code: string | null;
  readonly detail: string | null;
  readonly parent_release: string;
  readonly blocks: readonly { readonly name: string; readonly hash: string; readonly parent: string }[];
  readonly domains: readonly string[];
  readonly datasets: readonly string[];
  readonly overall: LossFigures | null;
  readonly verdict_block: string | null;
  readonly release: string | null;
  readonly version: string | null;
  readonly decision: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** What a check found. */
export interface CheckOutcome {
  readonly name: string;
  readonly passed: boolean;
  readonly code: string | null;
  readonly detail: string;
  /** What was measured; `skipped` says why an audit was left out. */
  readonly figures: unknown;
  readonly took_ms: number;
}

/** What examples were drawn from: the root over the first `size` leaves of the log. */
export interface Beacon {
  readonly submission_index: number;
  readonly nonce_index: number;
  readonly size: number;
  readonly root: string;
}

/** Updates of a training that have to be shown; `until` is ISO 8601. */
export interface AskedOpening {
  /** From 0. */
  readonly updates: readonly number[];
  /** Updates of the training. */
  readonly of: number;
  readonly until: string;
}

/** A submission with what it was judged on (docs/formats/verdict.md). */
export interface Submission extends SubmissionSummary {
  readonly checks: readonly CheckOutcome[];
  readonly beacon: Beacon | null;
  /** Null where the training is not audited. */
  readonly opening: AskedOpening | null;
  readonly verdict: {
    readonly base_release: string;
    readonly kernel: string;
    readonly figures: {
      readonly overall: LossFigures;
      readonly domains: Readonly<Record<string, LossFigures>>;
    };
    /** What of the fall is paid for; not there in older verdicts. */
    readonly rewarded?: { readonly fall: number; readonly reason?: { readonly detail: string } };
  } | null;
}

/** A contributor and what became of their experts. */
export interface Leader {
  readonly author: string;
  readonly accepted: number;
  readonly released: number;
  readonly rejected: number;
  readonly gained: number;
  readonly trust: string;
}

/** Submissions, newest first. */
export function listSubmissions(
  query: { readonly state?: string; readonly cursor?: string | null; readonly limit?: number },
  signal?: AbortSignal,
): Promise<Page<SubmissionSummary>> {
  return requestJson(withQuery('/learning/submissions', query), { signal });
}

/** A submission with its checks and verdict. */
export function getSubmission(id: string, signal?: AbortSignal): Promise<Submission> {
  return requestJson(`/learning/submissions/${encodeURIComponent(id)}`, { signal });
}

/** Contributors by what they have gained. */
export async function listLeaders(signal?: AbortSignal): Promise<readonly Leader[]> {
  const answer = await requestJson<{ items: readonly Leader[] }>('/learning/leaderboard', { signal });
  return answer.items;
}

/** Something the learnt pre-filter looks at. */
export interface FilterFeature {
  readonly name: string;
  readonly meaning: string;
  /** Per standard deviation: positive ones make an acceptance likelier. */
  readonly weight: number;
}

/** The pre-filter that was learnt from verdicts. */
export interface LearntFilter {
  readonly trained_at: string;
  /** Turned away below this probability. */
  readonly threshold: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly precision: number | null;
  readonly recall: number;
  /** Why it turns nobody away; null where it is used. */
  readonly unused: string | null;
  readonly features: readonly FilterFeature[];
}

/** The filter in force, null while there are too few verdicts, and what became of candidates it found unlikely. */
export interface FilterAnswer {
  readonly filter: LearntFilter | null;
  readonly experience: {
    readonly turned_away: number;
    readonly evaluated: number;
    readonly evaluated_and_rejected: number;
  };
}

/** The learnt pre-filter. */
export function getFilter(signal?: AbortSignal): Promise<FilterAnswer> {
  return requestJson('/learning/filter', { signal });
}
