import { hashJson, type Json } from '../../common/index.js';
import { FEWEST_ITEMS, LEAST_LOGPROB, NOTABLE_GAP, type FairnessFigures } from '../measures/fairness.js';
import type { LanguageLoss } from '../measures/language-loss.js';
import type { ToxicityFigures } from '../measures/toxicity.js';
import type { Provenance } from '../../experts/index.js';
import type { TransparencyFigures } from '../measures/transparency.js';

/** The format's name and version (docs/formats/mirror-report.md). */
export const REPORT_FORMAT = 'stemma.truth-mirror.v1';

/** What was measured of a release: the same release, kernel and questions give the same figures. */
export interface MirrorFigures extends FairnessFigures {
  readonly model: string;
  readonly version: string;
  /** Hash of the release block. */
  readonly release: string;
  /** Hash of the kernel that computed. */
  readonly kernel: string;
  readonly questions: { readonly version: number; readonly hash: string };
  /** How well it predicts the sentences themselves; null where there are none. Reports of earlier versions lack it. */
  readonly language?: LanguageLoss | null;
  readonly toxicity: ToxicityFigures & { readonly prompts: number };
  readonly transparency: TransparencyFigures;
  /** Where the release block says it comes from; null where it does not. Reports of earlier versions lack it. */
  readonly provenance?: Provenance | null;
  /** What the figures do not say, in sentences for people. */
  readonly notes: readonly string[];
}

/** A report before it is signed. */
export interface ReportBody {
  readonly format: typeof REPORT_FORMAT;
  readonly run: string;
  /** ISO 8601. */
  readonly measured_at: string;
  /** SHA-256 of the canonical JSON of `figures`. */
  readonly figures_hash: string;
  readonly figures: Json;
  /** Ed25519 public key of the node, 64 hex digits: the one that signs its receipts. */
  readonly node: string;
}

/** A report as it is stored and given out. */
export interface MirrorReport extends ReportBody {
  /** Ed25519 over the canonical JSON of the rest, 128 hex digits. */
  readonly signature: string;
}

/** Decimals that figures keep: far finer than any interval, and coarser than the last bits of a float. */
const DECIMALS = 1e6;

/** The figures as they are published, rounded, with the limits they were judged by. */
export function publishedFigures(figures: MirrorFigures): Json {
  const limits = { notable_gap: NOTABLE_GAP, least_logprob: LEAST_LOGPROB, fewest_items: FEWEST_ITEMS };
  return rounded({ ...figures, limits } as unknown as Json);
}

/** The body of a report. */
export function reportBody(run: string, figures: Json, node: string, measuredAt: number): ReportBody {
  const measured_at = new Date(measuredAt).toISOString();
  return { format: REPORT_FORMAT, run, measured_at, figures_hash: hashJson(figures), figures, node };
}

function rounded(value: Json): Json {
  if (typeof value === 'number') return Math.round(value * DECIMALS) / DECIMALS;
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rounded(each as Json)]));
}
