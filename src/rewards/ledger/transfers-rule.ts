import { Injectable, type OnModuleInit } from '@nestjs/common';
import { BlockReader, BlockRules, ruleBroken, type ResolvedCandidate } from '../../chain/index.js';
import { ok, type Result } from '../../common/index.js';

/**
 * `BLOCK_RULES_LEDGER`: blocks of transfers are made by this server's ledger alone, together with its rows. One that was
 * accepted before may be handed in again, to put back a lost file.
 */
@Injectable()
export class TransfersRule implements OnModuleInit {
  private readonly expected = new Set<string>();

  constructor(
    private readonly rules: BlockRules,
    private readonly reader: BlockReader,
  ) {}

  onModuleInit(): void {
    this.rules.register('transfers', (candidate) => this.check(candidate));
  }

  /** Lets a block of that hash in, while `during` runs. */
  expect(hash: string): void {
    this.expected.add(hash);
  }

  /** Runs work that publishes blocks of the ledger; what it expected is forgotten afterwards. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.expected.clear();
    }
  }

  private async check(candidate: ResolvedCandidate): Promise<Result<void>> {
    if (this.expected.has(candidate.hash) || (await this.reader.header(candidate.hash)) !== null) return ok();
    return ruleBroken('LEDGER', candidate, "was not made by this server's ledger");
  }
}
