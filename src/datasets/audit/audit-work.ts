import { createReadStream } from 'node:fs';
import type { ErrorFacts } from '../../common/index.js';
import { readDocuments } from '../jsonl/index.js';
import { encodeReport, surveyDataset, type NearSketch, type TextSketch } from '../quality/index.js';

/** What is looked at, and what it is compared with. */
export interface AuditInput {
  /** The dataset's bytes. */
  readonly path: string;
  /** SPDX expression of the description. */
  readonly licence: string;
  /** Draws the sample. */
  readonly seed: string;
  readonly known: readonly KnownSet[];
}

/** What is kept of an approved set. */
export interface KnownSet {
  readonly id: string;
  readonly sketch: TextSketch;
  readonly near: NearSketch;
}

/** What the audit found: a report, or that the file is not what a dataset may be. */
export type AuditFindings =
  | {
      readonly is: 'report';
      /** Canonical JSON, docs/formats/quality-report.md. */
      readonly text: string;
      readonly hash: string;
      readonly documents: number;
      readonly reasons: readonly string[];
      readonly sketch: TextSketch;
      readonly near: NearSketch;
      readonly excerpts: readonly string[];
    }
  | { readonly is: 'refused'; readonly code: string; readonly detail: string; readonly facts: ErrorFacts };

/** Reads a dataset once. Throws when its file cannot be read. */
export async function auditDataset({ path, licence, seed, known }: AuditInput): Promise<AuditFindings> {
  const survey = await surveyDataset(readDocuments(createReadStream(path, { highWaterMark: 2 ** 18 })), {
    ...{ seed, licence },
    known: known.map(({ id, near }) => [id, near] as const),
    sketches: known.map(({ id, sketch }) => [id, sketch] as const),
  });
  if (!survey.ok) {
    const { code, message, facts } = survey.error;
    return { is: 'refused', code, detail: message, facts };
  }
  const { report, sketch, near, excerpts } = survey.value;
  const { text, hash } = encodeReport(report);
  const { documents, reasons } = report;
  return { is: 'report', text, hash, documents, reasons, sketch, near, excerpts };
}
