import { requestJson, withQuery } from './client.js';
import type { LossFigures } from './learning.js';
import type { Page } from './page.js';

/** A round as lists show it. Times are ISO 8601. */
export interface RoundSummary {
  readonly round_id: string;
  readonly model: string;
  readonly release: string;
  readonly experts: readonly string[];
  /** Id of an account. */
  readonly announced_by: string;
  readonly state: string;
  readonly code: string | null;
  readonly detail: string | null;
  /** When its state ends at the latest; null once there is a result, or none will come. */
  readonly due_at: string | null;
  readonly aggregator: string;
  readonly faulty: number;
  readonly minimum: number;
  readonly most: number;
  readonly members: number;
  readonly committed: number;
  readonly revealed: number;
  readonly aggregate: string | null;
  readonly submission_id: string | null;
  /** What became of its submission. */
  readonly result: {
    readonly state: string;
    readonly code: string | null;
    readonly version: string | null;
    readonly overall: LossFigures | null;
  } | null;
  readonly created_at: string;
}

/** Somebody who takes part. */
export interface RoundMember {
  readonly author: string;
  readonly joined_at: string;
  readonly commitment: string | null;
  /** SHA-256 of the update; null before it was shown. */
  readonly update: string | null;
  readonly bytes: number | null;
  /** Why the update was refused for good. */
  readonly code: string | null;
}

/** How an update lies to what was made of all. */
export interface UpdateFigures {
  readonly author: string;
  readonly length: number;
  readonly distance: number;
  readonly cosine: number;
}

/** A round with its terms, members and result (docs/formats/round.md). */
export interface Round extends RoundSummary {
  readonly terms: {
    readonly seed: string;
    readonly datasets: readonly string[];
    readonly training: {
      readonly learning_rate: number;
      readonly batch_tokens: number;
      readonly steps: number;
    };
    readonly update_bytes: number;
    readonly update_length: number;
    /** Where nobody but the server sees what members have shown. */
    readonly privacy?: {
      /** Longest update, as a multiple of the length of the weights it changes. */
      readonly clip: number;
      readonly noise_multiplier: number;
      readonly epsilon: number;
      readonly delta: number;
    };
  };
  readonly outcome: {
    readonly members: readonly UpdateFigures[];
    readonly absent: readonly string[];
  } | null;
  readonly members_list: readonly RoundMember[];
}

/** Rounds, newest first. */
export function listRounds(
  query: { readonly state?: string; readonly cursor?: string | null; readonly limit?: number },
  signal?: AbortSignal,
): Promise<Page<RoundSummary>> {
  return requestJson(withQuery('/learning/rounds', query), { signal });
}

/** A round with its members. */
export function getRound(id: string, signal?: AbortSignal): Promise<Round> {
  return requestJson(`/learning/rounds/${encodeURIComponent(id)}`, { signal });
}

/** Ends a round without a result. */
export function cancelRound(id: string, reason: string): Promise<Round> {
  return requestJson(`/learning/rounds/${encodeURIComponent(id)}/cancel`, {
    method: 'POST',
    body: { reason },
  });
}
