import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AuthModule } from './auth/index.js';
import { ChainModule } from './chain/index.js';
import { AutonomyPortsModule } from './common/autonomy/autonomy-ports.module.js';
import { CompensationModule } from './compensation/index.js';
import { ConfigModule, type AppConfig } from './config/index.js';
import { DatabaseModule, type DatabaseConnection } from './database/index.js';
import { DatasetsModule } from './datasets/index.js';
import { EvaluationModule } from './evaluation/index.js';
import { EvmModule } from './evm/index.js';
import { ExpertsModule } from './experts/index.js';
import { GuardianModule } from './guardian/index.js';
import { InferenceModule } from './inference/index.js';
import { KeysModule } from './keys/index.js';
import { LearningModule } from './learning/index.js';
import { AccountJournalModule, LogModule } from './log/index.js';
import { AgentsModule, EventsModule, MonitoringModule } from './monitoring/index.js';
import { NotificationsModule } from './notifications/index.js';
import { RealtimeModule } from './realtime/index.js';
import { RewardsModule } from './rewards/index.js';
import { SelfHealingModule } from './self-healing/index.js';
import { SnapshotsModule } from './snapshots/index.js';
import { TasksModule } from './tasks/index.js';
import { WebModule } from './web/index.js';

/** The modules that do Stemma's work, lowest level first. */
const FEATURES: NonNullable<ModuleMetadata['imports']> = [
  LogModule,
  ChainModule,
  AgentsModule,
  ExpertsModule,
  DatasetsModule,
  NotificationsModule,
  SnapshotsModule,
  InferenceModule,
  EvaluationModule,
  GuardianModule,
  LearningModule,
  TasksModule,
  SelfHealingModule,
  RewardsModule,
  EvmModule,
  CompensationModule,
];

/** Everything, put together once. */
@Module({})
export class AppModule {
  /** @param connection the database, already running */
  static forRoot(config: AppConfig, connection: DatabaseConnection): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        ScheduleModule.forRoot(),
        EventsModule,
        AutonomyPortsModule,
        MonitoringModule,
        KeysModule,
        DatabaseModule.forRoot(connection),
        AccountJournalModule,
        AuthModule,
        ...FEATURES,
        RealtimeModule,
        WebModule,
      ],
    };
  }
}
