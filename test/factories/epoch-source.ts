import { unknownBlock, type BlockHeader } from '../../src/chain/index.js';
import {
  bytesToHex,
  concatBytes,
  err,
  ok,
  sha256Bytes,
  sha256Hex,
  utf8ToBytes,
} from '../../src/common/index.js';
import { receiptHash, type Receipt } from '../../src/inference/receipt/index.js';
import { encodeLeaf, type LogEntryInput } from '../../src/log/entry.js';
import { encodedLeaf } from '../../src/log/tree/entry-bundle.js';
import { GrowingTree } from '../../src/log/tree/growing-tree.js';
import type { EpochSource } from '../../src/rewards/epochs/epoch-source.js';
import { scoreCommitment } from '../../src/rewards/epochs/score.js';

/** Keys of the stories told here: whoever runs the server, and two contributors. */
export const OPERATOR = `02${'00'.repeat(32)}`;
export const ADA = `02${'aa'.repeat(32)}`;
export const BOB = `02${'bb'.repeat(32)}`;

/** The release that every answer comes from, and an expert of each of them. */
export const RELEASE = sha256Hex('release');
export const EXPERT_OF: Readonly<Record<string, string>> = Object.fromEntries(
  [OPERATOR, ADA, BOB].map((key) => [key, sha256Hex(`expert ${key}`)]),
);

interface AnswerStory {
  readonly payer: string;
  /** Tokens that the experts of each author computed. */
  readonly tokens: Readonly<Record<string, number>>;
  readonly time: number;
  readonly tookMs?: number;
  /** What its leaf says was taken for it. */
  readonly fee?: string;
}

/** A log in memory with the blocks and receipts that it names; it can be told to lie. */
export class MemoryEpochSource implements EpochSource {
  readonly leaves: Uint8Array[] = [];
  readonly stored = new Map<string, Receipt>();
  readonly sha256 = sha256Bytes;
  private readonly blocks = new Map<string, { header: BlockHeader; payload: Uint8Array }>();

  constructor() {
    this.addBlock(RELEASE, { chain_id: 'A', block_type: 'release', miner_pub: OPERATOR });
    for (const [key, hash] of Object.entries(EXPERT_OF))
      this.addBlock(hash, { chain_id: 'B', block_type: 'expert', miner_pub: key });
  }

  /** Adds a leaf. @returns its number */
  append(entry: Partial<LogEntryInput>, time: number): number {
    const whole = { kind: 'other', subject: 'x', actor: 'x', hash: '0'.repeat(64), data: {}, ...entry };
    return this.leaves.push(utf8ToBytes(encodeLeaf(whole, time))) - 1;
  }

  /** Adds an answer with its receipt. */
  answer({ payer, tokens, time, tookMs = 500, fee }: AnswerStory): { receipt: string; leaf: number } {
    const number = this.stored.size;
    const experts = Object.entries(tokens).map(([key, count]) => ({
      name: 'e',
      block: EXPERT_OF[key],
      tokens: count,
    }));
    const receipt = {
      ...{ id: `rcpt_${sha256Hex(String(number)).slice(0, 32)}`, release: RELEASE, experts },
      ...{ started_at: time - tookMs, finished_at: time },
    } as unknown as Receipt;
    this.stored.set(receipt.id, receipt);
    const entry = { kind: 'receipt', subject: receipt.id, hash: receiptHash(receipt) };
    const data = { payer, ...(fee !== undefined && { fee }) };
    return { receipt: receipt.id, leaf: this.append({ ...entry, data }, time) };
  }

  /** Adds a verdict with its block. */
  verdict(
    story: {
      readonly author: string;
      readonly fall: number;
      readonly datasets?: readonly string[];
      readonly accepted?: boolean;
      readonly submission?: string;
      readonly members?: readonly { readonly author: string; readonly weight: number }[];
      /** What is paid for of the fall. */
      readonly rewarded?: { readonly fall: number };
      readonly model?: string;
      readonly audited?: Readonly<Record<string, string>>;
      /** In which sets the documents stand that were shown. */
      readonly data?: { tokens: number; sets: readonly { block: string; first: number }[] };
    },
    time: number,
  ): string {
    const { author, fall, datasets = [], accepted = true, submission = `submission ${time}` } = story;
    const { members, rewarded, model, audited, data } = story;
    const facts = {
      ...{ submission, author, accepted, datasets, figures: { overall: { fall } } },
      ...(members !== undefined && { members }),
      ...(rewarded !== undefined && { rewarded }),
      ...(model !== undefined && { model }),
      ...(audited !== undefined && { audited }),
      ...(data !== undefined && { data }),
    };
    const hash = sha256Hex(`verdict ${JSON.stringify(facts)}`);
    this.addBlock(hash, { chain_id: 'D', block_type: 'verdict', miner_pub: OPERATOR }, facts);
    this.append({ kind: 'block', subject: hash, hash, data: { chain: 'D', type: 'verdict' } }, time);
    return hash;
  }

  /** Adds the block of a dataset. @param gains by model, with its version  @returns its hash */
  dataset(creator: string, gain: number | null | Readonly<Record<string, number>>, name?: string): string {
    const hash = sha256Hex(`dataset ${creator} ${JSON.stringify(gain)} ${name}`);
    const [main, ...others] =
      typeof gain === 'object' && gain !== null
        ? Object.entries(gain).map(([model, expected]) => ({ model, expected }))
        : [];
    const figures = main === undefined ? { expected: gain } : { ...main, others };
    const audit = gain === null ? null : { gain: figures };
    const header = { chain_id: 'D', block_type: 'dataset', miner_pub: OPERATOR } as const;
    this.addBlock(hash, { ...header, ...(name !== undefined && { name }) }, { creator, audit });
    return hash;
  }

  /** Adds the commitment to a score. @returns its leaf */
  commitScore(receipt: string, payer: string, score: number, time: number): number {
    const hash = scoreCommitment({ receipt, salt: '1'.repeat(64), score });
    return this.append({ kind: 'rewards.score', subject: receipt, actor: payer, hash }, time);
  }

  /** Reveals a score. @param answer leaf of the answer  @param commit leaf of the commitment */
  revealScore(
    { receipt, payer, score }: { readonly receipt: string; readonly payer: string; readonly score: number },
    { answer, commit }: { readonly answer: number; readonly commit: number },
    time: number,
  ): void {
    const salt = '1'.repeat(64);
    const hash = scoreCommitment({ receipt, salt, score });
    const data = { answer, commit, salt, score };
    this.append({ kind: 'rewards.score.revealed', subject: receipt, actor: payer, hash, data }, time);
  }

  /** The RFC 6962 root over the first leaves. */
  rootAt(end: number): string {
    const tree = new GrowingTree();
    tree.append(this.leaves.slice(0, end));
    return bytesToHex(tree.root());
  }

  readonly bundles = async (index: number, width: number): Promise<Uint8Array | null> => {
    const leaves = this.leaves.slice(index * 256, index * 256 + width);
    return leaves.length === width ? concatBytes(...leaves.map(encodedLeaf)) : null;
  };

  readonly block: EpochSource['block'] = async (_, hash) => {
    const found = this.blocks.get(hash);
    return found === undefined ? err(unknownBlock(hash)) : ok(found);
  };

  readonly header: EpochSource['header'] = async (chain, hash) => {
    const found = await this.block(chain, hash);
    return found.ok ? ok(found.value.header) : found;
  };

  readonly receipts: EpochSource['receipts'] = async (ids) =>
    new Map(ids.flatMap((id) => (this.stored.has(id) ? [[id, this.stored.get(id)!] as const] : [])));

  private addBlock(hash: string, header: Partial<BlockHeader>, payload: unknown = {}): void {
    const bytes = utf8ToBytes(JSON.stringify(payload));
    this.blocks.set(hash, { header: header as BlockHeader, payload: bytes });
  }
}
