import { Global, Module } from '@nestjs/common';
import { ActionAuthority } from './action-authority.js';
import { AutonomyGate } from './autonomy-gate.js';
import { HealingFigures } from './healing-figures.js';
import { LoadShedding } from './load-shedding.js';
import { SafetyFigures } from './safety-figures.js';
import { ServerRestart } from './server-restart.js';

/** Gives every module the same gate, authority and figures. */
@Global()
@Module({
  providers: [
    AutonomyGate,
    {
      provide: ActionAuthority,
      useFactory: (gate: AutonomyGate) => new ActionAuthority(gate),
      inject: [AutonomyGate],
    },
    SafetyFigures,
    HealingFigures,
    LoadShedding,
    ServerRestart,
  ],
  exports: [AutonomyGate, ActionAuthority, SafetyFigures, HealingFigures, LoadShedding, ServerRestart],
})
export class AutonomyPortsModule {}
