import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  BlockAuthor,
  BlockReader,
  BlockRules,
  ruleBroken,
  type ResolvedCandidate,
} from '../../chain/index.js';
import { ok, type Result } from '../../common/index.js';

/**
 * `BLOCK_RULES_VERDICT`: verdicts are made by this server alone, out of its own evaluations. One that was accepted before may be handed
 * in again, to put back a lost file.
 */
@Injectable()
export class VerdictRule implements OnModuleInit {
  constructor(
    private readonly rules: BlockRules,
    private readonly reader: BlockReader,
    private readonly author: BlockAuthor,
  ) {}

  onModuleInit(): void {
    this.rules.register('verdict', (candidate) => this.check(candidate));
  }

  private async check(candidate: ResolvedCandidate): Promise<Result<void>> {
    if (candidate.header.miner_pub === this.author.publicKey) return ok();
    if ((await this.reader.header(candidate.hash)) !== null) return ok();
    return ruleBroken('VERDICT', candidate, 'was not made by this server');
  }
}
