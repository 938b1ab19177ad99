import { requestJson, withQuery } from './client.js';
import type { Page } from './page.js';

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What was found on one axis; null figures could not be measured. Nats per token. */
export interface AxisFigures {
  readonly axis: string;
  readonly items: number;
  readonly expressible: number;
  readonly pairs: number;
  readonly bias: Estimate | null;
  readonly fairness: Estimate | null;
  readonly groups: readonly (Estimate & { readonly group: string })[];
}

/** The figures of a report (docs/formats/mirror-report.md). */
export interface MirrorFigures {
  readonly model: string;
  readonly version: string;
  readonly release: string;
  readonly kernel: string;
  readonly bias: Estimate | null;
  readonly fairness: Estimate | null;
  readonly unmeasured: readonly string[];
  readonly axes: readonly AxisFigures[];
  readonly toxicity: {
    readonly answers: number;
    readonly toxic: number;
    readonly share: number | null;
    readonly low: number | null;
    readonly high: number | null;
  };
  readonly transparency: {
    readonly parameters: number;
    readonly author: number;
    readonly licence: number;
    readonly data: number;
    readonly all: number;
  };
  /** What the release block states; absent in reports of earlier versions. */
  readonly provenance?: {
    readonly license?: string;
    readonly author?: string;
    readonly data?: readonly { readonly name: string; readonly url?: string; readonly license?: string }[];
  } | null;
  readonly notes: readonly string[];
}

/** A signed report. */
export interface MirrorReport {
  readonly run: string;
  readonly measured_at: string;
  readonly figures: MirrorFigures;
  readonly figures_hash: string;
  readonly node: string;
  readonly signature: string;
}

/** A measurement as lists show it. */
export interface MirrorRun {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly state: string;
  readonly code: string | null;
  readonly detail: string | null;
  readonly created_at: string;
  readonly finished_at: string | null;
}

/** Measurements, newest first. */
export async function listMirrorRuns(signal?: AbortSignal): Promise<readonly MirrorRun[]> {
  const path = withQuery('/api/truth-mirror/runs', { limit: 100 });
  return (await requestJson<Page<MirrorRun>>(path, { signal })).items;
}

/** A measurement with its report, null until there is one. */
export function getMirrorRun(
  id: string,
  signal?: AbortSignal,
): Promise<MirrorRun & { readonly report: MirrorReport | null }> {
  return requestJson(`/api/truth-mirror/runs/${encodeURIComponent(id)}`, { signal });
}

/** Begins to measure a release. */
export function startMirrorRun(wanted: {
  readonly model: string;
  readonly version: string;
}): Promise<MirrorRun> {
  return requestJson('/api/truth-mirror/runs', { method: 'POST', body: wanted });
}
