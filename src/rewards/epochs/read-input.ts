import {
  bytesToHex,
  canonicalJson,
  CodedError,
  err,
  ok,
  utf8ToBytes,
  type Json,
  type Result,
} from '../../common/index.js';
import type { Receipt } from '../../inference/receipt/receipt.js';
import type { UsagePolicy } from '../policy/rewards-policy.js';
import {
  InputHash,
  type AuthorPart,
  type CountedAnswer,
  type CountedScore,
  type CountedVerdict,
  type EpochRange,
  type ReadInput,
} from './epoch-input.js';
import type { EpochSource } from './epoch-source.js';
import { ExpertAuthors } from './expert-authors.js';
import { feeOf, isVerdictLeaf, payerOf, SCORE_REVEALED_ENTRY } from './leaf-kinds.js';
import { leavesIn, type NumberedLeaf } from './log-leaves.js';
import { readScore } from './read-score.js';
import { readVerdict } from './read-verdict.js';
import { feeFor } from './usage-earnings.js';

/** Receipts that are asked for together; while they are checked nobody else has a turn. */
const PAGE = 32;

/**
 * Reads what decides an epoch: from the log, and from the blocks and receipts that its leaves name. Refuses with `EPOCH_FACTS` where
 * the source lacks a receipt or has another one than the log says, and as the source does. Throws as `leavesIn`.
 * @param usage what an answer has to be paid for to count
 */
export async function epochInput(
  source: EpochSource,
  range: EpochRange,
  usage: UsagePolicy,
): Promise<Result<ReadInput>> {
  const reading = new EpochReading(source, range.first, usage);
  for await (const leaf of leavesIn(source.bundles, range)) {
    const taken = await reading.take(leaf, range.end);
    if (!taken.ok) return taken;
  }
  return reading.end(range.end);
}

/**
 * Reads an epoch leaf by leaf, as they come or all at once. A server reads along while the epoch lasts: tens of thousands of receipts at
 * its end would take a core for half a minute, and memory that the process does not give back.
 */
export class EpochReading {
  private readonly authors: ExpertAuthors;
  private readonly hash = new InputHash();
  private readonly verdicts: CountedVerdict[] = [];
  private readonly paid: CountedAnswer[] = [];
  private readonly scores: CountedScore[] = [];
  private readonly scored = new Set<string>();
  private waiting: NumberedLeaf[] = [];
  private at = 0;

  /** @param first the epoch's first leaf  @param usage what an answer has to be paid for to count */
  constructor(
    private readonly source: EpochSource,
    private readonly first: number,
    private readonly usage: UsagePolicy,
  ) {
    this.authors = new ExpertAuthors(source);
  }

  /**
   * Takes the next leaf of the epoch, whole or not at all: one that is refused, or throws, can be taken again.
   * @param size leaves of the log that others can be read from
   */
  async take(leaf: NumberedLeaf, size: number): Promise<Result<void>> {
    this.at = Math.max(this.at, leaf.time);
    if (isVerdictLeaf(leaf)) return this.takeVerdict(leaf);
    if (leaf.kind === SCORE_REVEALED_ENTRY) return this.takeScore(leaf, size);
    if (payerOf(leaf) === null) return ok();
    const page = [...this.waiting, leaf];
    if (page.length >= PAGE) return this.takeAnswers(page);
    this.waiting = page;
    return ok();
  }

  /** What was read, if the epoch ends before leaf `end`; it may go on after that. */
  async end(end: number): Promise<Result<ReadInput>> {
    const taken = await this.takeAnswers(this.waiting);
    if (!taken.ok) return taken;
    const { first, at } = this;
    const rest = { range: { first, end }, at, verdicts: [...this.verdicts], scores: [...this.scores] };
    const hash = await this.hash.with(rest);
    return ok({ input: { ...rest, answers: [...this.paid] }, hash, answers: this.hash.count });
  }

  private async takeVerdict(leaf: NumberedLeaf): Promise<Result<void>> {
    const verdict = await readVerdict(leaf, this.source);
    if (!verdict.ok) return verdict;
    if (verdict.value !== null) this.verdicts.push(verdict.value);
    return ok();
  }

  private async takeScore(leaf: NumberedLeaf, size: number): Promise<Result<void>> {
    const range = { first: this.first, end: size };
    const revealed = await readScore(leaf, this.source.bundles, range);
    if (revealed === null || this.scored.has(revealed.receipt)) return ok();
    const { receiptHash: hash, ...score } = revealed;
    const receipts = await this.source.receipts([score.receipt]);
    const parts = await this.partsOf({ subject: score.receipt, hash }, receipts);
    if (!parts.ok) return parts;
    this.scored.add(score.receipt);
    this.scores.push({ ...score, parts: parts.value.parts });
    return ok();
  }

  private async takeAnswers(leaves: readonly NumberedLeaf[]): Promise<Result<void>> {
    if (leaves.length === 0) return ok();
    const receipts = await this.source.receipts(leaves.map(({ subject }) => subject));
    const answers: CountedAnswer[] = [];
    for (const leaf of leaves) {
      const found = await this.partsOf(leaf, receipts);
      if (!found.ok) return found;
      const { receipt, parts } = found.value;
      // Where somebody else collects, nothing that a leaf says of a fee counts.
      const fee = this.usage.feeBy === 'server' ? feeOf(leaf) : null;
      answers.push({
        ...{ leaf: leaf.index, receipt: receipt.id, payer: payerOf(leaf)!, finishedAt: receipt.finished_at },
        ...{ tookMs: Math.max(receipt.finished_at - receipt.started_at, 0), parts },
        ...(fee !== null && { fee }),
      });
    }
    for (const answer of answers) this.hash.take(answer);
    this.paid.push(...answers.filter((answer) => feeFor(answer, this.usage) > 0n));
    this.waiting = [];
    return ok();
  }

  /** The receipt that a leaf tells of, and who made the answer. */
  private async partsOf(
    { subject, hash }: { readonly subject: string; readonly hash: string },
    receipts: ReadonlyMap<string, Receipt>,
  ): Promise<Result<{ readonly receipt: Receipt; readonly parts: readonly AuthorPart[] }>> {
    const receipt = receipts.get(subject);
    if (receipt === undefined) return factsMissing(`the receipt ${subject} is missing`);
    if (receipt.id !== subject || this.hashOf(receipt) !== hash)
      return factsMissing(`the receipt ${subject} is not the one in the log`);
    const parts = await this.authors.partsOf(receipt);
    return parts.ok ? ok({ receipt, parts: parts.value }) : parts;
  }

  /** As `receiptHash` of inference says, by the machine's own SHA-256: there may be thousands. */
  private hashOf(receipt: Receipt): string {
    return bytesToHex(this.source.sha256(utf8ToBytes(canonicalJson(receipt as unknown as Json))));
  }
}

/** The refusal of facts that a source gives otherwise than the log says, or not at all. */
function factsMissing(what: string): Result<never> {
  return err(new CodedError('EPOCH_FACTS', what, {}, 409));
}
