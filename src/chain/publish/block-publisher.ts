import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { err, EventBus, ok, type Result } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import type { ChainId } from '../block/index.js';
import type { CheckContext } from '../checks/check.js';
import { checkPrevious } from '../checks/previous.js';
import { BlockRules } from '../checks/rules.js';
import { BlockStores } from '../store/block-stores.js';
import { parentFacts, storedIndexes } from '../tables/block-queries.js';
import type { BlockRow } from '../tables/block-row.js';
import { insertBlocks, lockHeads, moveHead } from '../tables/block-writer.js';
import { blockLogEntry } from './block-log-entry.js';
import type { AcceptedBlock, BlockInput } from './block-input.js';
import type { Candidate } from './candidate.js';
import { checkBatch, checkBatchSize, checkHeaderAlone, linksOf, type CheckedBlock } from './check-blocks.js';
import { storeBlobs } from './block-storage.js';
import { CHECK_CONTEXT } from './check-context.js';
import { Refused } from './refused.js';

/** Writes rows that belong to blocks, in the transaction that records the blocks; may run twice, the first time rolled back. */
export type RowsOfBlocks = (manager: EntityManager, blocks: readonly BlockRow[]) => Promise<void>;

/** Times `appendLinear` follows a head that moved away under it. */
const LINEAR_ATTEMPTS = 8;

/** The one way in for blocks: all checks, then the blob store, then one transaction of rows and log entries. */
@Injectable()
export class BlockPublisher {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly stores: BlockStores,
    private readonly rules: BlockRules,
    private readonly log: LogAppender,
    private readonly events: EventBus,
    @Inject(CHECK_CONTEXT) private readonly context: CheckContext,
  ) {}

  /**
   * Accepts all blocks or none, in any order of dependency; when it resolves they are durable. Blocks that are stored
   * already are no error (`created: false`), and missing files of theirs are put back. Staged payload files are moved
   * into the store. Refusals: the codes of the checks (`BLOCK_…`), `STORAGE_…`.
   * @param rows written in the transaction that records blocks which are new
   */
  async publish(inputs: readonly BlockInput[], rows?: RowsOfBlocks): Promise<Result<AcceptedBlock[]>> {
    const checked = checkAlone(inputs, this.context);
    if (!checked.ok) return checked;
    const accepted = await this.accept(distinct(checked.value), rows);
    return accepted.ok ? ok(checked.value.map(({ hash }) => accepted.value.get(hash)!)) : accepted;
  }

  /** Whether `publish` would take these blocks now; nothing is stored. Refuses with the codes of the checks. */
  async check(inputs: readonly BlockInput[]): Promise<Result<void>> {
    const checked = checkAlone(inputs, this.context);
    if (!checked.ok) return checked;
    const batch = distinct(checked.value);
    const known = await parentFacts(this.dataSource.manager, [...new Set(batch.flatMap(linksOf))]);
    const together = await checkBatch(batch, known, this.rules);
    return together.ok ? this.checkHeads(together.value) : together;
  }

  /**
   * Publishes blocks that begin at the head of a linear chain: `build` gets the head and returns the batch; when another
   * block took that place meanwhile, it is asked again with the new head.
   * @param rows written in the same transaction, while the chain's head is locked
   */
  async appendLinear(
    chain: Exclude<ChainId, 'B'>,
    build: (head: string | null) => Promise<readonly BlockInput[]> | readonly BlockInput[],
    rows?: RowsOfBlocks,
  ): Promise<Result<AcceptedBlock[]>> {
    for (let attempt = 1; ; attempt++) {
      const [{ head_hash: head }] = await this.dataSource.query<{ head_hash: string | null }[]>(
        'SELECT head_hash FROM chain_heads WHERE chain_id = $1',
        [chain],
      );
      const published = await this.publish(await build(head), rows);
      if (published.ok || published.error.code !== 'BLOCK_PREV' || attempt === LINEAR_ATTEMPTS)
        return published;
    }
  }

  private async accept(
    batch: readonly Candidate[],
    rows?: RowsOfBlocks,
  ): Promise<Result<Map<string, AcceptedBlock>>> {
    const { manager } = this.dataSource;
    const stored = await storedIndexes(
      manager,
      batch.map(({ hash }) => hash),
    );
    const known = await parentFacts(manager, [...new Set(batch.flatMap(linksOf))]);
    const checked = await checkBatch(batch, known, this.rules);
    if (!checked.ok) return checked;
    const fresh = checked.value.filter(({ hash }) => !stored.has(hash));
    const fits = await this.checkHeads(fresh);
    if (!fits.ok) return fits;
    const saved = await storeBlobs(this.stores, await this.withoutFiles(checked.value, stored));
    if (!saved.ok) return saved;
    const recorded = await this.record(checked.value, fresh.length > 0, rows);
    if (recorded.ok) await this.discardLeftovers(batch);
    return recorded;
  }

  /** Refuses blocks that do not follow their head before anything is written; `record` makes sure under the lock. */
  private async checkHeads(blocks: readonly CheckedBlock[]): Promise<Result<void>> {
    const rows = await this.dataSource.query<{ chain_id: ChainId; head_hash: string | null }[]>(
      'SELECT chain_id, head_hash FROM chain_heads',
    );
    const heads = new Map(rows.map((row) => [row.chain_id, row.head_hash]));
    for (const block of blocks) {
      const follows = checkPrevious(block, heads.get(block.header.chain_id) ?? null);
      if (!follows.ok) return follows;
      heads.set(block.header.chain_id, block.hash);
    }
    return ok();
  }

  private async withoutFiles(
    blocks: readonly CheckedBlock[],
    stored: ReadonlyMap<string, number>,
  ): Promise<CheckedBlock[]> {
    const wanted: CheckedBlock[] = [];
    for (const block of blocks) {
      const complete =
        stored.has(block.hash) &&
        (await this.stores.headers.has(block.hash)) &&
        (await this.stores.payloads.check(block.header.payload_hash)) === 'intact';
      if (!complete) wanted.push(block);
    }
    return wanted;
  }

  /** Staged files of payloads that were in the store already. */
  private async discardLeftovers(batch: readonly Candidate[]): Promise<void> {
    const { payloads } = this.stores;
    for (const { header, payload } of batch)
      if (!(payload instanceof Uint8Array) && payload.path !== payloads.path(header.payload_hash))
        await payloads.discard(payload);
  }

  private async record(
    blocks: readonly CheckedBlock[],
    anyFresh: boolean,
    rows?: RowsOfBlocks,
  ): Promise<Result<Map<string, AcceptedBlock>>> {
    try {
      const accepted = anyFresh
        ? await this.transactions.run((manager) => this.recordIn(manager, blocks, rows))
        : await this.recordIn(this.dataSource.manager, blocks);
      this.announce(accepted);
      return ok(new Map(accepted.map((block) => [block.hash, block])));
    } catch (thrown) {
      if (thrown instanceof Refused) return err(thrown.refusal);
      throw thrown;
    }
  }

  private async recordIn(
    manager: EntityManager,
    blocks: readonly CheckedBlock[],
    alongside?: RowsOfBlocks,
  ): Promise<AcceptedBlock[]> {
    const hashes = blocks.map(({ hash }) => hash);
    const before = await storedIndexes(manager, hashes);
    if (before.size === hashes.length)
      return blocks.map(({ hash, header }) => ({ hash, header, index: before.get(hash)!, created: false }));
    const chains = [...new Set(blocks.map(({ header }) => header.chain_id))];
    const heads = new Map((await lockHeads(manager, chains)).map((head) => [head.chain, head]));
    const stored = await storedIndexes(manager, hashes);
    const rows: BlockRow[] = [];
    for (const block of blocks.filter(({ hash }) => !stored.has(hash))) {
      const chain = block.header.chain_id;
      const head = heads.get(chain)!;
      const follows = checkPrevious(block, head.hash);
      if (!follows.ok) throw new Refused(follows.error);
      rows.push({ hash: block.hash, chain, index: head.height, depth: block.depth, header: block.header });
      heads.set(chain, { chain, height: head.height + 1, hash: block.hash });
    }
    await insertBlocks(manager, rows);
    for (const head of heads.values()) await moveHead(manager, head);
    await alongside?.(manager, rows);
    await this.log.append(manager, rows.map(blockLogEntry));
    const created = new Map(rows.map(({ hash, index }) => [hash, index]));
    return blocks.map(({ hash, header }) => ({
      hash,
      header,
      index: created.get(hash) ?? stored.get(hash)!,
      created: created.has(hash),
    }));
  }

  private announce(accepted: readonly AcceptedBlock[]): void {
    const created = accepted.filter((block) => block.created);
    if (created.length > 0) this.log.committed();
    for (const { hash, header } of created)
      this.events.emit('block.accepted', {
        hash,
        chain: header.chain_id,
        type: header.block_type,
        name: header.name,
      });
  }
}

/** Size of the batch, then each block by itself. */
function checkAlone(inputs: readonly BlockInput[], context: CheckContext): Result<Candidate[]> {
  const sized = checkBatchSize(inputs);
  if (!sized.ok) return sized;
  const candidates: Candidate[] = [];
  for (const input of inputs) {
    const checked = checkHeaderAlone(input, context);
    if (!checked.ok) return checked;
    candidates.push(checked.value);
  }
  return ok(candidates);
}

/** Each block once, though it was handed in twice. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  return [...new Map(candidates.map((candidate) => [candidate.hash, candidate])).values()];
}
