import type { BlockHeader } from '../../chain/index.js';
import { provenanceIn } from '../../experts/index.js';

/** What is known of one weight block: its header, and how many parameters it holds. */
export interface WeightFacts {
  readonly parameters: number;
  readonly header: Pick<BlockHeader, 'metadata' | 'depends_on' | 'miner_pub'>;
}

/** Shares of a release's parameters, 0 to 1. */
export interface TransparencyFigures {
  readonly parameters: number;
  /** Signed by a key. Every accepted block is. */
  readonly author: number;
  readonly licence: number;
  readonly data: number;
  /** All three: the score. */
  readonly all: number;
}

/**
 * Reads what blocks say. A weight has an author by its signature; a licence where its own block or the release block says
 * `metadata.license` (an SPDX expression) or `metadata.provenance.license`; data where its block or the release block depends on
 * a block of chain D, or names in `metadata.data` or `metadata.provenance.data` what it was trained on. @param common what holds for every weight: the release's own header
 * @param isDataset whether a hash is that of a block of chain D
 */
export function transparencyFigures(
  weights: readonly WeightFacts[],
  common: WeightFacts['header'],
  isDataset: (hash: string) => boolean,
): TransparencyFigures {
  const licensed = (header: WeightFacts['header']) =>
    isText(header.metadata.license) || provenanceIn(header.metadata)?.license !== undefined;
  const sourced = (header: WeightFacts['header']) =>
    isText(header.metadata.data) ||
    provenanceIn(header.metadata)?.data !== undefined ||
    header.depends_on.some(isDataset);
  const [licence, data] = [licensed(common), sourced(common)];
  const sum = { parameters: 0, author: 0, licence: 0, data: 0, all: 0 };
  for (const { parameters, header } of weights) {
    const has = {
      author: header.miner_pub !== '',
      licence: licence || licensed(header),
      data: data || sourced(header),
    };
    sum.parameters += parameters;
    for (const what of ['author', 'licence', 'data'] as const) if (has[what]) sum[what] += parameters;
    if (has.author && has.licence && has.data) sum.all += parameters;
  }
  const share = (part: number) => (sum.parameters === 0 ? 0 : part / sum.parameters);
  return {
    parameters: sum.parameters,
    ...{ author: share(sum.author), licence: share(sum.licence), data: share(sum.data), all: share(sum.all) },
  };
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
