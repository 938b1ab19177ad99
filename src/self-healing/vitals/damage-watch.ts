import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { BlockReader, BlockStores } from '../../chain/index.js';
import { EventBus } from '../../common/index.js';
import type { DamagedBlock } from './vitals.js';

/** Damaged blocks remembered; a disk that loses more has been noticed. */
const MOST_DAMAGED = 256;
/** Shortest time between two readings of damaged files, ms. */
const RECHECK_MS = 2_500;

/** A damaged block with the hash its payload must have; null while the database cannot say. */
export interface KnownDamage extends DamagedBlock {
  readonly payload: string | null;
}

/** Remembers the blocks the engine could not read, until their files are right again. */
@Injectable()
export class DamageWatch implements OnModuleInit, OnModuleDestroy {
  private readonly damaged = new Map<string, KnownDamage>();
  private checkedAt = -Infinity;
  private stop = (): void => undefined;

  constructor(
    private readonly events: EventBus,
    private readonly reader: BlockReader,
    private readonly stores: BlockStores,
  ) {}

  onModuleInit(): void {
    this.stop = this.events.on('block.failed', ({ hash: block, name, detail }) => {
      if (this.damaged.size < MOST_DAMAGED) this.damaged.set(block, { block, name, detail, payload: null });
      this.checkedAt = performance.now();
    });
  }

  onModuleDestroy(): void {
    this.stop();
  }

  /** What is damaged now; files are read again from time to time. */
  async look(): Promise<readonly KnownDamage[]> {
    if (this.damaged.size > 0 && performance.now() - this.checkedAt >= RECHECK_MS) {
      this.checkedAt = performance.now();
      for (const damage of [...this.damaged.values()]) await this.check(damage);
    }
    return [...this.damaged.values()];
  }

  private async check(damage: KnownDamage): Promise<void> {
    const payload = damage.payload ?? (await this.payloadOf(damage.block));
    if (payload === null) return;
    // The engine reads whole files: a payload that its delta would give is no help to it until it is made.
    if ((await this.stores.payloads.whole.check(payload)) === 'intact') this.damaged.delete(damage.block);
    else this.damaged.set(damage.block, { ...damage, payload });
  }

  private async payloadOf(block: string): Promise<string | null> {
    const stored = await this.reader.header(block).catch(() => null);
    return stored?.header.payload_hash ?? null;
  }
}
