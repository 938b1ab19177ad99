import { requestJson, withQuery } from './client.js';
import type { Page } from './page.js';

/** A vote on a dataset; times in ms since the epoch. */
export interface DatasetVote {
  readonly round: number;
  readonly opened_at: number;
  readonly ends_at: number;
  readonly quorum: number;
  readonly extended: boolean;
  readonly tally: { readonly yes: number; readonly no: number } | null;
}

/** A dataset as lists show it (docs/formats/dataset.md). */
export interface DatasetSummary {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly creator: string;
  readonly licence: string;
  readonly source: string;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly bytes: number;
  readonly sha256: string;
  readonly root: string;
  readonly stage: string;
  readonly reasons: readonly string[];
  readonly note: string | null;
  readonly actor: string;
  readonly at: number;
  readonly audit: {
    readonly report: string | null;
    readonly documents: number;
    readonly gain: {
      readonly model: string;
      readonly nats_per_byte: number;
      readonly expected: number | null;
      /** What other live models make of it. */
      readonly others?: readonly {
        readonly model: string;
        readonly nats_per_byte: number;
        readonly expected: number | null;
      }[];
    } | null;
  } | null;
  readonly vote: DatasetVote | null;
  readonly appeal: { readonly by: string; readonly reason: string; readonly at: number } | null;
  readonly appeal_until: number | null;
  readonly tier: string | null;
  readonly created_at: number;
  readonly scanned_at: number | null;
  readonly file_gone: boolean;
}

/** A dataset with its stages so far and its votes. */
export interface Dataset extends DatasetSummary {
  readonly block: string;
  readonly stages: readonly {
    readonly block: string;
    readonly stage: string;
    readonly timestamp: number;
    readonly leaf: number | null;
  }[];
  readonly votes: { readonly yes: number; readonly no: number } | null;
  readonly own_vote: boolean | null;
}

/** Documents with a finding, as a share with its 95 % interval. */
export interface Found {
  readonly documents: number;
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly kinds: Readonly<Record<string, number>>;
}

/** What the quality gate found (docs/formats/quality-report.md). */
export interface QualityReport {
  readonly documents: number;
  readonly sample: { readonly documents: number; readonly bytes: number };
  readonly licence: { readonly declared: string; readonly class: string };
  readonly pii: Found;
  readonly toxicity: Found;
  readonly duplicates: {
    readonly near: number;
    readonly copies: number;
    readonly share: number;
    readonly sets: Readonly<Record<string, number>>;
  };
  readonly languages: readonly {
    readonly language: string;
    readonly documents: number;
    readonly share: number;
  }[];
  readonly thresholds: { readonly pii: number; readonly toxic: number; readonly duplicates: number };
  readonly accepted: boolean;
  readonly reasons: readonly string[];
}

/** What descends from a dataset. */
export interface Lineage {
  readonly blocks: readonly {
    readonly hash: string;
    readonly name: string | null;
    readonly model: string | null;
  }[];
  readonly releases: readonly {
    readonly hash: string;
    readonly model: string | null;
    readonly version: string | null;
    /** Experts of it that descend from the set. */
    readonly blocks: number;
  }[];
  readonly truncated: boolean;
}

/** What people decide of a dataset with a reason. */
export type DatasetDecision = 'appeal' | 'quarantine' | 'release' | 'withdraw';

/** A page of datasets, newest first. */
export function listDatasets(
  query: { readonly stage: string; readonly cursor: string | null },
  signal?: AbortSignal,
): Promise<Page<DatasetSummary>> {
  return requestJson(withQuery('/datasets', { ...query, limit: 100 }), { signal });
}

/** One dataset. */
export function getDataset(id: string, signal?: AbortSignal): Promise<Dataset> {
  return requestJson(pathOf(id), { signal });
}

/** What was found in it. */
export function getReport(id: string, signal?: AbortSignal): Promise<QualityReport> {
  return requestJson(`${pathOf(id)}/report`, { signal });
}

/** What was trained on it. */
export function getLineage(id: string, signal?: AbortSignal): Promise<Lineage> {
  return requestJson(`${pathOf(id)}/lineage`, { signal });
}

/** Votes on it. */
export function voteOn(id: string, approve: boolean): Promise<unknown> {
  return requestJson(`${pathOf(id)}/vote`, { method: 'POST', body: { approve } });
}

/** Decides something of it. */
export function decideOn(id: string, what: DatasetDecision, reason: string): Promise<DatasetSummary> {
  return requestJson(`${pathOf(id)}/${what}`, { method: 'POST', body: { reason } });
}

/** Answers the appeal against its rejection. */
export function answerAppeal(id: string, granted: boolean, reason: string): Promise<DatasetSummary> {
  return requestJson(`${pathOf(id)}/appeal/answer`, { method: 'POST', body: { granted, reason } });
}

function pathOf(id: string): string {
  return `/datasets/${encodeURIComponent(id)}`;
}
