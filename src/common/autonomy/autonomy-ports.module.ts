import { Global, Module } from '@nestjs/common';
import { ActionAuthority } from './action-authority.js';
import { AutonomyGate } from './autonomy-gate.js';
import { SafetyFigures } from './safety-figures.js';

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
  ],
  exports: [AutonomyGate, ActionAuthority, SafetyFigures],
})
export class AutonomyPortsModule {}
