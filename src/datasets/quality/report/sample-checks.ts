import type { DatasetDocument } from '../../jsonl/index.js';
import { BiasCounts } from '../bias/bias-counts.js';
import { minhash } from '../duplicates/minhash.js';
import type { NearDuplicates } from '../duplicates/near-duplicates.js';
import { languageOf } from '../language/language.js';
import type { PiiKind } from '../pii/finding.js';
import { proportion, rounded } from '../text/proportion.js';
import { toxicityOf, type Toxicity } from '../toxicity/toxicity.js';
import { piiKindsOf, trainedText } from './document-checks.js';
import type { Findings, QualityReport } from './quality-report.js';

/** The checks that look at the sample alone, because they take time. */
export type SampleFigures = Pick<QualityReport, 'pii' | 'toxicity' | 'languages' | 'bias'> & {
  readonly near: number;
  readonly of: Readonly<Record<string, number>>;
};

/** Runs them. @param duplicates holds the signatures of other sets; the sample's are added */
export function checkSample(sample: readonly DatasetDocument[], duplicates: NearDuplicates): SampleFigures {
  const pii = new Tally<PiiKind>();
  const toxicity = new Tally<Toxicity>();
  const languages = new Map<string, number>();
  const known = new Map<string, number>();
  const bias = new BiasCounts();
  let near = 0;
  for (const document of sample) {
    const text = trainedText(document);
    pii.add(piiKindsOf(document));
    const why = toxicityOf(text);
    toxicity.add(why === null ? [] : [why]);
    increase(languages, languageOf(text));
    bias.add(text);
    const { duplicate, set } = duplicates.check(minhash(text));
    if (duplicate) near++;
    if (set !== null) increase(known, set);
  }
  return {
    pii: pii.findings(sample.length),
    toxicity: toxicity.findings(sample.length),
    languages: sharesOf(languages, sample.length),
    ...{ bias: bias.figures(), near, of: Object.fromEntries(known) },
  };
}

/** Documents with a finding, and with each kind of it. */
class Tally<K extends string> {
  private documents = 0;
  private readonly kinds = new Map<K, number>();

  add(kinds: Iterable<K>): void {
    const different = new Set(kinds);
    if (different.size > 0) this.documents++;
    for (const kind of different) increase(this.kinds, kind);
  }

  findings(of: number): Findings<K> {
    const kinds = Object.fromEntries(this.kinds) as Partial<Record<K, number>>;
    return { documents: this.documents, ...proportion(this.documents, of), kinds };
  }
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Commonest first; among equals in the order of codes, so that the report does not hang on the order of documents. */
function sharesOf(counts: ReadonlyMap<string, number>, of: number): QualityReport['languages'] {
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([language, documents]) => ({ language, documents, share: rounded(documents / of) }));
}
