import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { Corrections, RewardsModule } from '../rewards/index.js';
import { StepRegistry, TasksModule } from '../tasks/index.js';
import { checkStep, compensateTransfer, transferStep } from './compensate-step.js';

/** Registers the steps that put transfers of rewards right. */
@Injectable()
export class CompensationSteps implements OnModuleInit {
  constructor(
    private readonly registry: StepRegistry,
    private readonly corrections: Corrections,
  ) {}

  onModuleInit(): void {
    for (const handler of [compensateTransfer(), checkStep(this.corrections), transferStep(this.corrections)])
      this.registry.register(handler);
  }
}

/** Corrections of rewards as tasks: with policies, limits, an approval, and the emergency stop. Needs the global config and database. */
@Module({
  imports: [RewardsModule, TasksModule],
  providers: [CompensationSteps],
})
export class CompensationModule {}
