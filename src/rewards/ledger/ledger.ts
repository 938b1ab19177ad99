import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  BlockAuthor,
  BlockPublisher,
  hashHeader,
  type BlockInput,
  type RowsOfBlocks,
} from '../../chain/index.js';
import { CodedError, err, EventBus, ok, type Clock, type Result } from '../../common/index.js';
import type { AccountDraft, AccountResult } from './account.js';
import { encodePayload } from './batch-payload.js';
import {
  BATCH_LIMIT,
  computeBatch,
  type BatchRequest,
  type BatchResults,
  type ComputedBatch,
} from './compute-batch.js';
import { TransfersRule } from './transfers-rule.js';
import type { TransferDraft, TransferResult } from './transfer.js';
import { writeBatch } from './write-tables.js';

/** Requests that may wait before new ones are refused. */
const QUEUE_LIMIT = 256;
/** How long a batch tries to get its turn beside other servers, ms. */
const TURN_MS = 20_000;
/** The longest wait after eight tries that others won, ms. */
const LONGEST_WAIT_MS = 60;
/** Accounts that a notice names at most. */
const MOST_NAMED = 10;

interface Waiting {
  readonly request: BatchRequest;
  readonly resolve: (result: Result<BatchResults>) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The double-entry ledger. Each batch is one block of chain C, its log entry and its rows, in one transaction: the head
 * of the chain is the state of the ledger, so a batch that was worked out on another head is worked out again. Requests
 * that wait share a batch.
 */
@Injectable()
export class Ledger {
  private readonly waiting: Waiting[] = [];
  private running = false;
  /** Where time comes from: that of blocks. Batches never go back behind the one before. */
  clock: Clock = { now: () => this.author.now() };

  constructor(
    private readonly dataSource: DataSource,
    private readonly publisher: BlockPublisher,
    private readonly author: BlockAuthor,
    private readonly rule: TransfersRule,
    private readonly events: EventBus,
  ) {}

  /** Opens accounts, each by itself. Refusals of the whole call: `LEDGER_BATCH_SIZE`, `LEDGER_BUSY`, `BLOCK_…`, `STORAGE_…`. */
  async openAccounts(accounts: readonly AccountDraft[]): Promise<Result<readonly AccountResult[]>> {
    const done = await this.submit({ accounts, transfers: [] });
    return done.ok ? ok(done.value.accounts) : done;
  }

  /**
   * Makes transfers in order, at most 8,190, and returns one result for each; when it resolves they are durable. A transfer
   * asked for again with the same id and content is no error (`created: false`). Refusals of the whole call as above.
   */
  async createTransfers(transfers: readonly TransferDraft[]): Promise<Result<readonly TransferResult[]>> {
    const done = await this.submit({ accounts: [], transfers });
    return done.ok ? ok(done.value.transfers) : done;
  }

  /** Opens accounts and makes transfers in one batch. */
  submit(request: BatchRequest): Promise<Result<BatchResults>> {
    const size = Math.max(request.accounts.length, request.transfers.length);
    if (size > BATCH_LIMIT) return Promise.resolve(err(tooLarge(size)));
    if (this.waiting.length >= QUEUE_LIMIT)
      return Promise.resolve(err(new CodedError('LEDGER_BUSY', 'Too many batches wait.', {}, 503)));
    return new Promise((resolve, reject) => {
      this.waiting.push({ request, resolve, reject });
      if (!this.running) void this.drain();
    });
  }

  /** Frees what expired pending transfers reserve. Every batch does so too; this is for times without batches. */
  async expire(): Promise<Result<void>> {
    const done = await this.submit({ accounts: [], transfers: [] });
    return done.ok ? ok() : done;
  }

  private async drain(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) await this.serve(takeGroup(this.waiting));
    this.running = false;
  }

  /** A group that fails is repeated caller by caller, so that nobody fails for what another one writes beside. */
  private async serve(group: readonly Waiting[]): Promise<void> {
    try {
      const done = await this.commit(group.map(({ request }) => request));
      group.forEach(({ resolve }, i) => resolve(done.ok ? ok(done.value[i]) : done));
    } catch (thrown) {
      if (group.length === 1) group[0].reject(thrown);
      else for (const alone of group) await this.serve([alone]);
    }
  }

  /** Another server's batch may come first, again and again: whoever loses waits for a random moment, so that nobody starves. */
  private async commit(requests: readonly BatchRequest[]): Promise<Result<readonly BatchResults[]>> {
    for (const end = performance.now() + TURN_MS; ;) {
      let batch: ComputedBatch | null = null;
      const build = async (head: string | null): Promise<BlockInput[]> => {
        batch = await computeBatch(this.dataSource.manager, requests, this.clock.now());
        return isEmpty(batch) ? [] : [await this.block(batch, head)];
      };
      const write: RowsOfBlocks = async (manager, [{ index: blockIndex }]) => {
        await writeBatch(manager, { ...batch!.rows, blockIndex });
        for (const [i, results] of (batch!.results ?? []).entries())
          await requests[i].beside?.(manager, results);
      };
      const published = await this.rule.during(() => this.publisher.appendLinear('C', build, write));
      if (!published.ok) {
        if (published.error.code !== 'BLOCK_PREV' || performance.now() > end) return published;
        await delay(randomInt(LONGEST_WAIT_MS));
        continue;
      }
      const { results, rows } = batch as unknown as ComputedBatch;
      for (const { hash } of published.value) this.tell(hash, rows);
      if (results !== null) return ok(results);
    }
  }

  private tell(block: string, { opened, changes }: ComputedBatch['rows']): void {
    const touched = [...opened, ...changes.moved].map(({ id }) => id);
    this.events.emit('ledger.changed', {
      ...{ block, transfers: changes.made.length },
      accounts: [...new Set(touched)].slice(0, MOST_NAMED),
    });
  }

  private async block({ time, rows, expired }: ComputedBatch, head: string | null): Promise<BlockInput> {
    const { opened: accounts, sequence, changes } = rows;
    const payload = encodePayload({ sequence, accounts, expired, transfers: changes.made });
    const header = await this.author.create({
      ...{ chain: 'C', type: 'transfers', payload, payloadType: 'json', prevHash: head, timestamp: time },
      metadata: { transfers: changes.made.length },
    });
    this.rule.expect(hashHeader(header));
    return { header, payload };
  }
}

function isEmpty({ rows, expired }: ComputedBatch): boolean {
  return rows.opened.length === 0 && rows.changes.made.length === 0 && expired.length === 0;
}

/** As many waiting requests as fit into one batch, at least one. */
function takeGroup(waiting: Waiting[]): Waiting[] {
  let [accounts, transfers, count] = [0, 0, 0];
  for (const { request } of waiting) {
    accounts += request.accounts.length;
    transfers += request.transfers.length;
    if (count > 0 && Math.max(accounts, transfers) > BATCH_LIMIT) break;
    count++;
  }
  return waiting.splice(0, count);
}

function tooLarge(size: number): CodedError {
  const message = `${size} at once; a batch holds at most ${BATCH_LIMIT}.`;
  return new CodedError('LEDGER_BATCH_SIZE', message, { limit: BATCH_LIMIT });
}
