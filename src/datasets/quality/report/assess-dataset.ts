import { canonicalJson, type Json } from '../../../common/canonical-json.js';
import { sha256Hex, utf8ToBytes } from '../../../common/hash.js';
import { ok, type Result } from '../../../common/result.js';
import type { DatasetDocument } from '../../jsonl/index.js';
import { DistinctTexts } from '../duplicates/distinct-texts.js';
import { NearDuplicates } from '../duplicates/near-duplicates.js';
import { firstOf, nearOverlapOf, NearTexts, type NearSketch } from '../duplicates/near-sketch.js';
import { overlapOf, type Overlap, type TextSketch } from '../duplicates/text-sketch.js';
import { judgeLicence, worse } from '../../../common/licence/judge-licence.js';
import type { LicenceClass } from '../../../common/licence/licence-list.js';
import { Reservoir } from '../sample/reservoir.js';
import { rounded } from '../text/proportion.js';
import { licenceOfDocument, publishedText, trainedText } from './document-checks.js';
import { QUALITY_FORMAT, type QualityReport } from './quality-report.js';
import { checkSample, type SampleFigures } from './sample-checks.js';
import { THRESHOLDS, type RefusalReason, type Thresholds } from './thresholds.js';

/** Bytes of text that are looked at closely. */
export const SAMPLE_BYTES = 4 * 2 ** 20;

/** How a dataset is assessed. */
export interface AssessOptions {
  /** Draws the sample; should not be known to the author before the file is fixed. */
  readonly seed: string;
  /** SPDX expression the author declares for the whole set. */
  readonly licence: string;
  readonly sampleBytes?: number;
  readonly thresholds?: Thresholds;
  /** First signatures of approved sets. */
  readonly known?: Iterable<readonly [set: string, sketch: NearSketch]>;
  /** Sketches of approved sets. */
  readonly sketches?: Iterable<readonly [set: string, sketch: TextSketch]>;
}

/** A report, and what later sets are compared with. */
export interface Survey {
  readonly report: QualityReport;
  readonly sketch: TextSketch;
  /** The first signatures of the whole file. */
  readonly near: NearSketch;
  /** Some texts of the sample. */
  readonly excerpts: readonly string[];
}

/** Signatures of other sets that the sample is compared with, about 2.5 kB each. */
const MOST_KNOWN = 32_768;
/** Excerpts of a survey, and characters of one. */
const EXCERPTS = { most: 32, longest: 1_000 };

/**
 * Reads a dataset once and reports what is in it: licences and exact copies of the whole file, everything else of a sample.
 * Memory is bounded by the sample. A refusal among the documents (`DATASET_*`) is passed on. Same documents, options and
 * known sets, same report.
 */
export async function assessDataset(
  documents: AsyncIterable<Result<DatasetDocument>>,
  options: AssessOptions,
): Promise<Result<QualityReport>> {
  const survey = await surveyDataset(documents, options);
  return survey.ok ? ok(survey.value.report) : survey;
}

/** The same with what the server keeps of a set besides. */
export async function surveyDataset(
  documents: AsyncIterable<Result<DatasetDocument>>,
  options: AssessOptions,
): Promise<Result<Survey>> {
  const { seed, licence, sampleBytes = SAMPLE_BYTES, thresholds = THRESHOLDS } = options;
  const [distinct, texts] = [new DistinctTexts(), new NearTexts()];
  const reservoir = new Reservoir<DatasetDocument>(seed, sampleBytes);
  const lines: Partial<Record<LicenceClass, number>> = {};
  for await (const document of documents) {
    if (!document.ok) return document;
    const text = trainedText(document.value);
    distinct.add(text);
    texts.add(text);
    const own = licenceOfDocument(document.value);
    if (own !== null) lines[own] = (lines[own] ?? 0) + 1;
    reservoir.offer(document.value, utf8ToBytes(publishedText(document.value)).length);
  }
  const sample = reservoir.drawn();
  const near = new NearDuplicates();
  const known = [...(options.known ?? [])];
  const each = Math.floor(MOST_KNOWN / Math.max(1, known.length));
  for (const [set, { signatures }] of known)
    for (const signature of signatures.slice(0, each)) near.addKnown(signature, set);
  const figures = checkSample(sample, near);
  const sketch = distinct.sketch();
  const overlap = overlapOf(sketch, options.sketches ?? []);
  const ownNear = texts.sketch();
  const nearly = nearOverlapOf(ownNear, known);
  const licenceClass = (Object.keys(lines) as LicenceClass[]).reduce(worse, judgeLicence(licence));
  const counts = {
    documents: distinct.total,
    sample: { documents: sample.length, bytes: reservoir.bytes, budget: sampleBytes },
    licence: { declared: licence, class: licenceClass, lines },
    duplicates: duplicatesOf(figures, sample.length, distinct.copies(), overlap, nearly),
  };
  const report = reportOf(seed, thresholds, counts, figures);
  const excerpts = sample.slice(0, EXCERPTS.most).map((each) => trainedText(each).slice(0, EXCERPTS.longest));
  return ok({ report, sketch, near: firstOf(ownNear), excerpts });
}

/** The report's canonical JSON and the SHA-256 that a block names it by. */
export function encodeReport(report: QualityReport): { readonly text: string; readonly hash: string } {
  const text = canonicalJson(report as unknown as Json);
  return { text, hash: sha256Hex(text) };
}

type Counts = Pick<QualityReport, 'documents' | 'sample' | 'licence' | 'duplicates'>;

function reportOf(
  seed: string,
  thresholds: Thresholds,
  counts: Counts,
  figures: SampleFigures,
): QualityReport {
  const { pii, toxicity, languages, bias } = figures;
  const reasons: RefusalReason[] = [];
  if (counts.licence.class === 'unknown') reasons.push('LICENCE_UNKNOWN');
  if (counts.licence.class === 'restricted') reasons.push('LICENCE_RESTRICTED');
  if ((pii.share ?? 0) > thresholds.pii) reasons.push('PII');
  if ((toxicity.share ?? 0) > thresholds.toxic) reasons.push('TOXIC');
  if (counts.duplicates.share > thresholds.duplicates) reasons.push('DUPLICATES');
  const found = { ...counts, pii, toxicity, languages, bias };
  return { format: QUALITY_FORMAT, seed, ...found, thresholds, accepted: reasons.length === 0, reasons };
}

function duplicatesOf(
  { near, of }: SampleFigures,
  sampled: number,
  copies: number,
  overlap: Overlap,
  nearly: Overlap,
): QualityReport['duplicates'] {
  const found = Math.max(sampled === 0 ? 0 : near / sampled, copies, overlap.share, nearly.share);
  const bySet = (shares: Overlap['bySet']) =>
    Object.fromEntries(Object.entries(shares).map(([set, part]) => [set, rounded(part)]));
  const shares = { sets: bySet(overlap.bySet), nearly: bySet(nearly.bySet), share: rounded(found) };
  return { near, copies: rounded(copies), of, ...shares };
}
