import type { ChainId } from '../../chain/block/header.js';
import { ok, type Result } from '../../common/index.js';
import type { Receipt } from '../../inference/receipt/receipt.js';
import type { AuthorPart } from './epoch-input.js';
import type { EpochSource } from './epoch-source.js';
import { grouped } from './group.js';

const ONE = 1_000_000;

/** Finds who made the experts of an answer. Asks for every block once. */
export class ExpertAuthors {
  private readonly authors = new Map<string, string>();

  constructor(private readonly source: Pick<EpochSource, 'header'>) {}

  /**
   * What each author's experts computed of an answer, by author. Whoever made the release is left out: experts that came with it
   * were judged by nobody, and its operator would pay themselves. Refuses as the source does.
   */
  async partsOf({ release, experts }: Pick<Receipt, 'release' | 'experts'>): Promise<Result<AuthorPart[]>> {
    const operator = await this.authorOf('A', release);
    if (!operator.ok) return operator;
    const made: { author: string; tokens: number }[] = [];
    for (const { block, tokens } of experts) {
      const author = await this.authorOf('B', block);
      if (!author.ok) return author;
      made.push({ author: author.value, tokens });
    }
    const all = made.reduce((sum, { tokens }) => sum + tokens, 0);
    const others = made.filter(({ author }) => author !== operator.value);
    const parts = grouped(others, ({ author }) => author).map(([author, own]) => {
      const tokens = own.reduce((sum, one) => sum + one.tokens, 0);
      return { author, part: Number((BigInt(tokens) * BigInt(ONE)) / BigInt(Math.max(all, 1))) };
    });
    return ok(parts.filter(({ part }) => part > 0));
  }

  private async authorOf(chain: ChainId, hash: string): Promise<Result<string>> {
    const known = this.authors.get(hash);
    if (known !== undefined) return ok(known);
    const header = await this.source.header(chain, hash);
    if (!header.ok) return header;
    this.authors.set(hash, header.value.miner_pub);
    return ok(header.value.miner_pub);
  }
}
