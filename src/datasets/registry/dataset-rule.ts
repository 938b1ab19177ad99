import { Injectable, type OnModuleInit } from '@nestjs/common';
import { BlockReader, BlockRules, ruleBroken, type ResolvedCandidate } from '../../chain/index.js';
import { ok, type Result } from '../../common/index.js';

/**
 * `BLOCK_RULES_DATASET_AUTHOR`: blocks of datasets are made by this server's registry alone, together with its rows. One that
 * was accepted before may be handed in again, to put back a lost file.
 */
@Injectable()
export class DatasetRule implements OnModuleInit {
  private readonly expected = new Set<string>();

  constructor(
    private readonly rules: BlockRules,
    private readonly reader: BlockReader,
  ) {}

  onModuleInit(): void {
    this.rules.register('dataset', (candidate) => this.check(candidate));
  }

  /** Lets a block of that hash in until the returned function is called. */
  expect(hash: string): () => void {
    this.expected.add(hash);
    return () => this.expected.delete(hash);
  }

  private async check(candidate: ResolvedCandidate): Promise<Result<void>> {
    if (this.expected.has(candidate.hash) || (await this.reader.header(candidate.hash)) !== null) return ok();
    return ruleBroken('DATASET_AUTHOR', candidate, "was not made by this server's registry of datasets");
  }
}
