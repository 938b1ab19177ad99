import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BlockAuthor, BlockPublisher, BlockReader, hashHeader, type BlockInput } from '../../chain/index.js';
import { CodedError, EventBus, ok, type Clock, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { DatasetClock } from '../vote/dataset-clock.js';
import { encodeRecord, type DatasetRecord } from './dataset-record.js';
import { DatasetRows, type DatasetRow } from './dataset-rows.js';
import { DatasetRule } from './dataset-rule.js';
import { dueOf } from './due.js';
import { DATASET_STAGES, type DatasetStage } from './stages.js';

/** How long a change tries to get its turn beside other servers, ms. */
const TURN_MS = 20_000;
const LONGEST_WAIT_MS = 40;

/** What a change makes of a dataset; what it does not name stays. */
export interface StageChange extends Partial<
  Pick<DatasetRecord, 'reasons' | 'note' | 'audit' | 'vote' | 'appeal' | 'appeal_until' | 'tier'>
> {
  readonly stage: DatasetStage;
  readonly actor: string;
}

/** Writes rows in the transaction of a change. Throws `OutdatedChange` when what the change was made from has moved. */
export type RowsOfChange = (manager: EntityManager, record: DatasetRecord) => Promise<void>;

/** What a change was worked out from is no longer so; it is worked out again. */
export class OutdatedChange extends Error {}

/**
 * Brings datasets from stage to stage. Every stage is a block of chain D, its log entry and its row, in one transaction; the
 * head of the chain orders them, so a change worked out on another head is worked out again.
 */
@Injectable()
export class DatasetRegistry {
  /** Dates blocks; stages go by the clock of the datasets. */
  blockClock: Clock = { now: () => this.author.now() };

  constructor(
    private readonly config: AppConfig,
    private readonly publisher: BlockPublisher,
    private readonly author: BlockAuthor,
    private readonly reader: BlockReader,
    private readonly rule: DatasetRule,
    private readonly rows: DatasetRows,
    private readonly clock: DatasetClock,
    private readonly events: EventBus,
  ) {}

  /** Adds a dataset. @param check refuses in the transaction, while nobody else adds one */
  add(
    record: (now: number) => DatasetRecord,
    check: (manager: EntityManager) => Promise<Result<void>>,
  ): Promise<Result<DatasetRecord>> {
    return this.append(
      async () => ok(record(this.clock.now())),
      async (manager) => {
        const outcome = await check(manager);
        if (!outcome.ok) throw new Refusal(outcome.error);
      },
    );
  }

  /**
   * Changes the stage of a dataset. `DATASET_NOT_FOUND`, `STATE_CONFLICT` (409) where the stage may not follow, and whatever
   * `change` refuses; it may be asked several times.
   */
  move(
    id: string,
    change: (row: DatasetRow, now: number) => Result<StageChange> | Promise<Result<StageChange>>,
    alongside?: RowsOfChange,
  ): Promise<Result<DatasetRecord>> {
    return this.append(async () => {
      const row = await this.rows.one(id);
      if (!row.ok) return row;
      const now = Math.max(this.clock.now(), row.value.record.at);
      const changed = await change(row.value, now);
      if (!changed.ok) return changed;
      const allowed = DATASET_STAGES.move(row.value.record.stage, changed.value.stage);
      if (!allowed.ok) return allowed;
      const fresh = { reasons: [], note: null, appeal_until: null };
      return ok({ ...row.value.record, ...fresh, ...changed.value, at: now, previous: row.value.block });
    }, alongside);
  }

  private async append(
    next: () => Promise<Result<DatasetRecord>>,
    alongside: RowsOfChange = async () => undefined,
  ): Promise<Result<DatasetRecord>> {
    await this.clock.open();
    for (const end = performance.now() + TURN_MS; ;) {
      const done = await this.attempt(next, alongside);
      const lost = !done.ok && done.error.code === 'BLOCK_PREV';
      if (!lost || performance.now() > end) return done;
      await delay(randomInt(LONGEST_WAIT_MS));
    }
  }

  private async attempt(
    next: () => Promise<Result<DatasetRecord>>,
    alongside: RowsOfChange,
  ): Promise<Result<DatasetRecord>> {
    let made: Made | null = null;
    const build = async (head: string | null): Promise<BlockInput[]> => {
      made?.forget();
      const record = await next();
      if (!record.ok) throw new Refusal(record.error);
      made = await this.block(record.value, head);
      return [made.input];
    };
    try {
      const published = await this.publisher.appendLinear('D', build, async (manager) => {
        const { record, hash } = made!;
        await alongside(manager, record);
        await this.rows.put(manager, hash, record, dueOf(record, this.config));
      });
      if (!published.ok) return published;
      const { record } = made as unknown as Made;
      this.events.emit('dataset.changed', { dataset: record.id, name: record.name, stage: record.stage });
      return ok(record);
    } catch (thrown) {
      if (thrown instanceof Refusal) return { ok: false, error: thrown.refusal };
      if (thrown instanceof OutdatedChange) return { ok: false, error: outdated() };
      throw thrown;
    } finally {
      (made as Made | null)?.forget();
    }
  }

  private async block(record: DatasetRecord, head: string | null): Promise<Made> {
    const payload = encodeRecord(record);
    const before = record.previous === null ? null : await this.reader.header(record.previous);
    const { id, name, version, stage, licence, sha256, bytes, root } = record;
    const header = await this.author.create({
      ...{ chain: 'D', type: 'dataset', name: id, payload, payloadType: 'json', prevHash: head },
      dependsOn: record.previous === null ? [] : [record.previous],
      metadata: { dataset: name, version, stage, licence, sha256, bytes, root },
      // A clock that was set back must not date a block before the one it follows.
      timestamp: Math.max(this.blockClock.now(), before?.header.timestamp ?? 0),
    });
    const hash = hashHeader(header);
    return { input: { header, payload }, hash, record, forget: this.rule.expect(hash) };
  }
}

interface Made {
  readonly input: BlockInput;
  readonly hash: string;
  readonly record: DatasetRecord;
  readonly forget: () => void;
}

/** Carries a refusal out of a transaction, so that it is rolled back. */
class Refusal extends Error {
  constructor(readonly refusal: CodedError) {
    super(refusal.message);
  }
}

/** The same code as a block that lost its place: both are tried again. */
function outdated(): CodedError {
  return new CodedError('BLOCK_PREV', 'The dataset has changed meanwhile.', {}, 409);
}
