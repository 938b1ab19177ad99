import { createHash, randomInt } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CodedError, equalBytes, EventBus, messageOf, unwrap } from '../common/index.js';
import { ExaminationRegistry } from '../common/observation/examination-registry.js';
import type { HealthProbe, HealthReport } from '../common/observation/health-registry.js';
import { digestPayload, PAYLOAD_TILE_BYTES } from './block/index.js';
import { BlockReader } from './read/block-reader.js';
import type { BlobCondition } from './store/blob-store.js';
import { BlockStores } from './store/block-stores.js';
import type { StoredBlock } from './tables/block-queries.js';

/** Payloads up to this size are read whole; of larger ones a tile is: a round must not keep a disk busy for long. */
const WHOLE_BYTES = 64 * 2 ** 20;
/** Damaged payloads that are remembered; a store that loses more has been noticed. */
const MOST_DAMAGED = 16;

/** A payload that was found damaged. */
interface Damage {
  readonly block: StoredBlock;
  readonly condition: Exclude<BlobCondition, 'intact'>;
}

/**
 * Lets the blob store work: writes, reads back and removes a few bytes, and reads the payload of a block drawn at random. What is found
 * damaged is told as what the engine could not read is, so that it is healed, and looked at again in every round until it is whole.
 */
@Injectable()
export class BlobExamination implements HealthProbe, OnModuleInit {
  readonly name = 'blob_store';
  private readonly damaged = new Map<string, Damage>();

  constructor(
    private readonly reader: BlockReader,
    private readonly stores: BlockStores,
    private readonly events: EventBus,
    private readonly examinations: ExaminationRegistry,
  ) {}

  onModuleInit(): void {
    this.examinations.register(this);
  }

  /** `failed` when it cannot be written or a payload is damaged, `degraded` when it is not known which payloads there are. */
  async check(): Promise<HealthReport> {
    const tried = await this.stores.payloads.tryOut();
    if (!tried.ok) return { status: 'failed', detail: `it cannot be written: ${tried.error.message}` };
    for (const { block } of [...this.damaged.values()])
      this.note(block, await this.stores.payloads.check(block.header.payload_hash));
    const drawn = await this.draw().catch((thrown: unknown) => new Error(messageOf(thrown)));
    const read = drawn instanceof Error || drawn === null ? null : await this.read(drawn);
    if (this.damaged.size > 0) return { status: 'failed', detail: this.describe() };
    if (drawn instanceof Error)
      return { status: 'degraded', detail: `no payload could be drawn: ${drawn.message}` };
    return { status: 'ok', detail: `it writes, reads and removes; ${read ?? 'there are no payloads yet'}` };
  }

  /** Every block is as likely as any other; null where there is none. */
  private async draw(): Promise<StoredBlock | null> {
    const heads = await this.reader.heads();
    const blocks = heads.reduce((sum, { height }) => sum + height, 0);
    let place = blocks === 0 ? 0 : randomInt(blocks);
    for (const { chain, height } of heads) {
      if (place < height) return this.reader.at(chain, place);
      place -= height;
    }
    return null;
  }

  /** @returns what was read, for people */
  private async read(block: StoredBlock): Promise<string> {
    try {
      this.note(block, await this.conditionOf(block));
      return `the payload of block ${block.hash} was read`;
    } catch (thrown) {
      if (thrown instanceof CodedError && thrown.code === 'PAYLOADS_BUSY') return 'payloads are being made';
      throw thrown;
    }
  }

  /** What is damaged is told once. */
  private note(block: StoredBlock, condition: BlobCondition): void {
    if (condition === 'intact') return void this.damaged.delete(block.hash);
    if (this.damaged.has(block.hash) || this.damaged.size >= MOST_DAMAGED) return;
    this.damaged.set(block.hash, { block, condition });
    const code = condition === 'missing' ? 'BLOCK_MISSING' : 'BLOCK_CORRUPT';
    const detail = `its payload ${block.header.payload_hash} is ${condition}`;
    this.events.emit('block.failed', { hash: block.hash, name: nameOf(block), code, detail });
  }

  private async conditionOf({ header }: StoredBlock): Promise<BlobCondition> {
    const { payload_hash: hash, payload_root: root, payload_size: size } = header;
    if (size <= WHOLE_BYTES) return this.stores.payloads.check(hash);
    const leaves = unwrap(await this.stores.leaves.read(root));
    const place = randomInt(Math.ceil(size / PAYLOAD_TILE_BYTES));
    const start = place * PAYLOAD_TILE_BYTES;
    const end = Math.min(size, start + PAYLOAD_TILE_BYTES);
    const tile = await this.stores.payloads.read(hash, { start, end });
    if (!tile.ok) return conditionBy(tile.error);
    const [leaf] = digestPayload(tile.value, () => createHash('sha256')).leaves;
    const known = leaves.subarray(place * 32, place * 32 + 32);
    return leaf !== undefined && equalBytes(new Uint8Array(leaf), known) ? 'intact' : 'corrupt';
  }

  private describe(): string {
    return [...this.damaged.values()]
      .map(({ block, condition }) => `the payload of ${nameOf(block)} (block ${block.hash}) is ${condition}`)
      .join('; ');
  }
}

function nameOf({ header }: StoredBlock): string {
  return header.name ?? header.block_type;
}

/** What a refusal to read says of the blob; throws what says nothing of it. */
function conditionBy(refusal: CodedError): BlobCondition {
  if (refusal.code === 'BLOB_MISSING') return 'missing';
  if (refusal.code === 'BLOB_CORRUPT' || refusal.code.startsWith('DELTA_BLOCK_')) return 'corrupt';
  throw refusal;
}
