import { requestJson, withQuery } from './client.js';
import type { LossFigures } from './learning.js';
import type { Page } from './page.js';

/** Experts that are to be left out of a model, with what was measured in every domain. Times are ISO 8601. */
export interface Removal {
  readonly removal_id: string;
  readonly model: string;
  readonly experts: readonly { readonly name: string; readonly block: string }[];
  readonly reason: string;
  readonly state: string;
  readonly code: string | null;
  readonly detail: string | null;
  readonly figures: {
    readonly overall: LossFigures;
    readonly domains: Readonly<Record<string, LossFigures>>;
  } | null;
  readonly release: string | null;
  readonly version: string | null;
  readonly decision: string | null;
  readonly created_at: string;
}

/** Removals, newest first. */
export function listRemovals(limit: number, signal?: AbortSignal): Promise<Page<Removal>> {
  return requestJson(withQuery('/experts/opt-out', { limit }), { signal });
}
