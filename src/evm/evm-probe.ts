import { Injectable, type OnModuleInit } from '@nestjs/common';
import { unwrap } from '../common/index.js';
import { DependencyRegistry } from '../common/observation/dependency-registry.js';
import type { HealthReport } from '../common/observation/health-registry.js';
import { EvmNode } from './evm-node.js';

/** Less than the registry waits, so that the call ends, and what the node refuses is told in its words, ms. */
const PATIENCE_MS = 2_500;

/** Tells whether the node of `EVM_RPC_URL` answers, and is on the chain it should be on; without one nothing is asked. */
@Injectable()
export class EvmProbe implements OnModuleInit {
  constructor(
    private readonly node: EvmNode,
    private readonly dependencies: DependencyRegistry,
  ) {}

  onModuleInit(): void {
    if (this.node.unavailable() === null)
      this.dependencies.register({ name: 'evm', check: () => this.check() });
  }

  private async check(): Promise<HealthReport> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const chain = unwrap(await this.node.chainId(signal)).toString();
    const block = unwrap(await this.node.quantity('eth_blockNumber', [], signal)).toString();
    return { status: 'ok', detail: `chain ${chain}, block ${block}`, facts: { chain, block } };
  }
}
