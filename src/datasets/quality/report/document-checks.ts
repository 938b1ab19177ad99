import type { DatasetDocument } from '../../jsonl/index.js';
import { partsOf } from '../../jsonl/index.js';
import { judgeLicence, worse } from '../../../common/licence/judge-licence.js';
import type { LicenceClass } from '../../../common/licence/licence-list.js';
import { licencesIn } from '../../../common/licence/licences-in-text.js';
import type { PiiKind } from '../pii/finding.js';
import { findPii } from '../pii/find-pii.js';

/** What a model would learn from a document, as one text. */
export function trainedText({ content }: DatasetDocument): string {
  return partsOf(content).join('\n');
}

/** Everything a document publishes: what is trained on, and the texts beside it. */
export function publishedText(document: DatasetDocument): string {
  return [...partsOf(document.content), ...document.extra].join('\n');
}

/** The worst class of a document's own licence and of SPDX tags in it; null where it has none of either. */
export function licenceOfDocument(document: DatasetDocument): LicenceClass | null {
  const named = document.licence === null ? [] : [document.licence];
  const classes = [...named, ...licencesIn(trainedText(document))].map(judgeLicence);
  return classes.length === 0 ? null : classes.reduce(worse);
}

/** The kinds of personal data a document publishes. */
export function piiKindsOf(document: DatasetDocument): ReadonlySet<PiiKind> {
  return new Set(findPii(publishedText(document)).map(({ kind }) => kind));
}
