import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventBus } from '../common/index.js';
import {
  HealthRegistry,
  type HealthProbe,
  type HealthReport,
} from '../common/observation/health-registry.js';
import { MetricRegistry } from '../common/observation/metric-registry.js';
import { BlockReader } from './read/block-reader.js';
import { BlockStores } from './store/block-stores.js';

/** Shows how the chains do: health probe and metrics. */
@Injectable()
export class ChainHealth implements HealthProbe, OnModuleInit {
  readonly name = 'chain';

  constructor(
    private readonly reader: BlockReader,
    private readonly stores: BlockStores,
    private readonly events: EventBus,
    private readonly health: HealthRegistry,
    private readonly metrics: MetricRegistry,
  ) {}

  onModuleInit(): void {
    this.health.register(this);
    const accepted = this.metrics.counter({
      name: 'stemma_chain_blocks_accepted_total',
      help: 'Blocks accepted since the start of this process.',
      labels: ['chain', 'type'],
    });
    this.events.on('block.accepted', ({ chain, type }) => accepted.inc({ chain, type }));
  }

  /** `failed` when the header file of a chain's last block is missing or damaged. */
  async check(): Promise<HealthReport> {
    const heads = await this.reader.heads();
    const facts = Object.fromEntries(heads.map(({ chain, height }) => [`height_${chain}`, height]));
    for (const { chain, hash } of heads) {
      const condition = hash === null ? 'intact' : await this.stores.headers.check(hash);
      if (condition !== 'intact')
        return {
          status: 'failed',
          detail: `the header of block ${hash}, head of chain ${chain}, is ${condition}`,
          facts,
        };
    }
    return { status: 'ok', detail: 'the heads of all chains are intact', facts };
  }
}
