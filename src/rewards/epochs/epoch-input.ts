import { canonicalJson, RunningHash, type Json } from '../../common/index.js';

/** Items that are hashed before others get their turn. */
const ITEMS_A_TURN = 128;

/** Which leaves of the log an epoch covers: from `first` (included) to `end` (excluded). */
export interface EpochRange {
  readonly first: number;
  readonly end: number;
}

/** A dataset that a rewarded expert was trained on. */
export interface CountedDataset {
  /** Hash of the block of chain D that the expert depends on. */
  readonly block: string;
  /** The account that gave it, as the ledger names it. */
  readonly creator: string;
  /** The gain that its audit measured, in millionths; 0 where none was measured. */
  readonly gain: number;
  /** Learnt tokens of the shown documents of the training that it gave first; not there where its verdict does not tell. */
  readonly tokens?: number;
}

/** Somebody whose update is in what a round has made. */
export interface CountedMember {
  /** Compressed secp256k1 key. */
  readonly author: string;
  /** What its part counts for, in millionths. */
  readonly weight: number;
}

/** An accepted verdict. */
export interface CountedVerdict {
  readonly leaf: number;
  readonly block: string;
  readonly submission: string;
  /** Compressed secp256k1 key of the contributor. */
  readonly author: string;
  /** Who shares what the author would get, where a round has made it; else not there. */
  readonly members?: readonly CountedMember[];
  /** By how much the held-out loss fell, in millionths of itself. */
  readonly fall: number;
  readonly datasets: readonly CountedDataset[];
  /** Learnt tokens of the documents that were shown of the training; not there in older verdicts, nor without an audit: then datasets count by their gain. */
  readonly shown?: number;
}

/** The part of an answer that an author's experts computed. */
export interface AuthorPart {
  /** Compressed secp256k1 key. */
  readonly author: string;
  /** In millionths of all that experts computed for the answer. */
  readonly part: number;
}

/** An answer that counts as use. */
export interface CountedAnswer {
  readonly leaf: number;
  readonly receipt: string;
  /** Who asked: 32 hex digits that tell nobody the account. */
  readonly payer: string;
  /** When it was finished, ms since the epoch. */
  readonly finishedAt: number;
  /** How long it took, ms. */
  readonly tookMs: number;
  /** Authors of its experts, other than whoever made the release, by name. */
  readonly parts: readonly AuthorPart[];
  /** Units that the server took for it, as a string of digits; not there where it took nothing, or by the policy somebody else collects. */
  readonly fee?: string;
}

/** A score of an answer, committed to before the epoch and revealed in it. */
export interface CountedScore {
  readonly leaf: number;
  readonly receipt: string;
  readonly payer: string;
  /** In millionths, 0 to 1,000,000. */
  readonly score: number;
  readonly parts: readonly AuthorPart[];
}

/** All that decides who is paid what in an epoch, beside the policy and the epoch before. In the order of the log. */
export interface EpochInput {
  readonly range: EpochRange;
  /** Time of the last leaf, ms since the epoch. */
  readonly at: number;
  readonly verdicts: readonly CountedVerdict[];
  readonly answers: readonly CountedAnswer[];
  readonly scores: readonly CountedScore[];
}

/** What was read of an epoch: all that decides who is paid what, and what names everything that was read. */
export interface ReadInput {
  /** Of its answers only those that were paid for: the others earn nothing, and there may be very many. */
  readonly input: EpochInput;
  /** SHA-256 of the canonical JSON of the input with all answers, so that two who disagree know whether they read the same. */
  readonly hash: string;
  /** How many answers were read. */
  readonly answers: number;
}

/**
 * Makes the hash of an input while its answers come in, so that nobody has to keep them: `answers` is the first member of its canonical
 * JSON.
 */
export class InputHash {
  private readonly hash = new RunningHash().update('{"answers":[');
  private answers = 0;

  /** Takes the next answer. */
  take(answer: CountedAnswer): void {
    this.hash.update(`${this.answers === 0 ? '' : ','}${canonicalJson(answer as unknown as Json)}`);
    this.answers++;
  }

  /** How many answers it has taken. */
  get count(): number {
    return this.answers;
  }

  /** The hash with the other members: 64 hex digits. More answers may be taken after it. */
  async with({ at, range, scores, verdicts }: Omit<EpochInput, 'answers'>): Promise<string> {
    const hash = this.hash
      .copy()
      .update(`],"at":${canonicalJson(at)},"range":${canonicalJson({ ...range })}`);
    await add(hash, 'scores', scores);
    await add(hash, 'verdicts', verdicts);
    return hash.update('}').hex();
  }
}

/** A member that is a list, item by item: it may have megabytes, and nobody else should wait for them. */
async function add(hash: RunningHash, name: string, items: readonly object[]): Promise<void> {
  hash.update(`,"${name}":[`);
  for (const [i, item] of items.entries()) {
    hash.update(`${i === 0 ? '' : ','}${canonicalJson(item as Json)}`);
    if ((i + 1) % ITEMS_A_TURN === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  hash.update(']');
}
