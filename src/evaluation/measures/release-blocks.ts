import { Injectable } from '@nestjs/common';
import { BlockReader } from '../../chain/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { ParameterIndex, provenanceIn, type Provenance } from '../../experts/index.js';
import { transparencyFigures, type TransparencyFigures, type WeightFacts } from './transparency.js';

/** Where a release comes from, by its blocks. */
export interface ReleaseOrigin {
  readonly transparency: TransparencyFigures;
  /** What the release block states; null where it states nothing. */
  readonly provenance: Provenance | null;
}

/** Reads the blocks of a release and what they say of where their weights come from. */
@Injectable()
export class ReleaseBlocks {
  constructor(
    private readonly index: ParameterIndex,
    private readonly reader: BlockReader,
  ) {}

  /** Where a release comes from: `RELEASE_NOT_FOUND` (404). */
  async origin(release: string): Promise<Result<ReleaseOrigin>> {
    const view = await this.index.release(release);
    const own = await this.reader.header(release);
    if (view === null || own === null) return err(notFound(release));
    const weights = [...view.weights.values()];
    const headers = await this.reader.headers(weights.map(({ block }) => block));
    const facts: WeightFacts[] = [];
    for (const { block, tensors } of weights) {
      const stored = headers.get(block);
      if (stored === undefined) return err(notFound(release));
      const parameters = tensors.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
      facts.push({ parameters, header: stored.header });
    }
    const datasets = await this.datasetsAmong([...facts.map(({ header }) => header), own.header]);
    const transparency = transparencyFigures(facts, own.header, (hash) => datasets.has(hash));
    return ok({ transparency, provenance: provenanceIn(own.header.metadata) });
  }

  private async datasetsAmong(
    headers: readonly { readonly depends_on: readonly string[] }[],
  ): Promise<Set<string>> {
    const named = [...new Set(headers.flatMap(({ depends_on: hashes }) => hashes))];
    const found = await this.reader.headers(named);
    return new Set([...found].filter(([, { header }]) => header.chain_id === 'D').map(([hash]) => hash));
  }
}

function notFound(release: string): CodedError {
  return new CodedError('RELEASE_NOT_FOUND', `There is no release ${release}.`, { release }, 404);
}
