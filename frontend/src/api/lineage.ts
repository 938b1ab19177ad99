import { requestJson, withQuery } from './client.js';

/** By how much a loss fell, as a share of the loss before, with its 95 % interval. */
export interface Gain {
  readonly fall: number;
  readonly low: number;
  readonly high: number;
}

/** A dataset that was trained on: its block on chain D, and what it is where that is known here. */
export interface LineageDataset {
  readonly block: string;
  readonly dataset: string | null;
  readonly name: string | null;
  readonly version: string | null;
}

/** An accepted submission: which experts it made of which, of what data, with what gain. */
export interface LineageStep {
  readonly submission_id: string;
  readonly author: string;
  readonly state: string;
  /** ISO 8601. */
  readonly judged_at: string;
  readonly blocks: readonly {
    readonly name: string;
    readonly block: string;
    readonly parent: string;
    /** Which expert the parent is; null where the server does not know. */
    readonly parent_name: string | null;
    readonly live: boolean;
    readonly parent_live: boolean;
  }[];
  readonly datasets: readonly LineageDataset[];
  readonly overall: Gain;
  readonly domains: Readonly<Record<string, Gain>>;
  readonly verdict_block: string;
  /** The release that took it, with its version. */
  readonly release: string | null;
  readonly version: string | null;
}

/** A part of the family tree of a model's experts, newest first. */
export interface LineagePage {
  readonly model: string;
  readonly live: { readonly release: string; readonly version: string } | null;
  readonly items: readonly LineageStep[];
  readonly next_cursor: string | null;
}

/** A page of the family tree of a model. @param expert only this one; empty: all of them */
export function getExpertLineage(
  model: string,
  expert: string,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<LineagePage> {
  const names = [model, ...(expert === '' ? [] : [expert])].map(encodeURIComponent);
  return requestJson(withQuery(`/learning/lineage/${names.join('/')}`, { cursor, limit: 100 }), { signal });
}
