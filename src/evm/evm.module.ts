import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { AutonomyGate } from '../common/autonomy/autonomy-gate.js';
import { GuardianModule } from '../guardian/index.js';
import { LogModule } from '../log/index.js';
import { AgentsModule, TaskAlerts } from '../monitoring/index.js';
import { StepRegistry, TasksModule } from '../tasks/index.js';
import { EvmNode } from './evm-node.js';
import { EvmProbe } from './evm-probe.js';
import { TransactionStore } from './transactions.js';
import { onchainAction, simulateStep, transferStep } from './transfer-steps.js';
import { checkBalance, monitorWallet, walletReading } from './wallet-steps.js';

/** Registers the steps that need an EVM chain. */
@Injectable()
export class EvmSteps implements OnModuleInit {
  constructor(
    private readonly registry: StepRegistry,
    private readonly node: EvmNode,
    private readonly store: TransactionStore,
    private readonly alerts: TaskAlerts,
    private readonly gate: AutonomyGate,
  ) {}

  onModuleInit(): void {
    const { node } = this;
    for (const handler of [
      checkBalance(node),
      monitorWallet(node),
      walletReading(node, this.alerts),
      onchainAction(node),
      simulateStep(node),
      transferStep(node, this.store, this.gate),
    ])
      this.registry.register(handler);
  }
}

/** Steps on an EVM chain. Needs the global config, keys, database and events. */
@Module({
  imports: [LogModule, AgentsModule, GuardianModule, TasksModule],
  providers: [EvmNode, EvmProbe, TransactionStore, EvmSteps],
  exports: [EvmNode],
})
export class EvmModule {}
