import { Module } from '@nestjs/common';
import { ChainModule } from '../chain/index.js';
import { GuardianModule } from '../guardian/index.js';
import { InferenceModule } from '../inference/index.js';
import { LogModule } from '../log/index.js';
import { AgentsModule } from '../monitoring/index.js';
import { SnapshotsModule } from '../snapshots/index.js';
import { Healer } from './healer.js';
import { HealingController } from './http/healing.controller.js';
import { CrashRecords } from './incidents/crash-records.js';
import { IncidentStore } from './incidents/incident-store.js';
import { LeftRestarts } from './incidents/left-restarts.js';
import { RulesInForce } from './patterns/rules-in-force.js';
import { RemedyOrders } from './remedy-orders.js';
import { BlobRemedy } from './remedies/blob-remedy.js';
import { DatabaseRemedies } from './remedies/database-remedies.js';
import { EngineRemedies } from './remedies/engine-remedies.js';
import { MachineRemedies } from './remedies/machine-remedies.js';
import { PeerProbe } from './remedies/peer-probe.js';
import { RemedyBox } from './remedies/remedy-box.js';
import { ServerRemedy } from './remedies/server-remedy.js';
import { WorkerRemedy } from './remedies/worker-remedy.js';
import { SheddingEnd } from './remedies/shedding-end.js';
import { Treatment } from './treatment.js';
import { CrashWatch } from './vitals/crash-watch.js';
import { DamageWatch } from './vitals/damage-watch.js';
import { DatabaseWatch } from './vitals/database-watch.js';
import { EngineWatch } from './vitals/engine-watch.js';
import { VitalsReader } from './vitals/vitals-reader.js';
import { WatchLoop } from './watch-loop.js';

/** The server looks after itself, within what guardians allow. */
@Module({
  imports: [AgentsModule, ChainModule, GuardianModule, InferenceModule, LogModule, SnapshotsModule],
  controllers: [HealingController],
  providers: [
    RulesInForce,
    DatabaseWatch,
    EngineWatch,
    DamageWatch,
    CrashWatch,
    VitalsReader,
    EngineRemedies,
    MachineRemedies,
    DatabaseRemedies,
    BlobRemedy,
    ServerRemedy,
    WorkerRemedy,
    PeerProbe,
    RemedyBox,
    SheddingEnd,
    IncidentStore,
    LeftRestarts,
    CrashRecords,
    Treatment,
    Healer,
    RemedyOrders,
    WatchLoop,
  ],
})
export class SelfHealingModule {}
