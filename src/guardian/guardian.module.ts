import { Module } from '@nestjs/common';
import { unwrap } from '../common/index.js';
import { AppConfig } from '../config/index.js';
import { ChainModule } from '../chain/index.js';
import { ExpertsModule } from '../experts/index.js';
import { InferenceModule } from '../inference/index.js';
import { LogModule } from '../log/index.js';
import { AgentsModule } from '../monitoring/index.js';
import { NotificationsModule } from '../notifications/index.js';
import { ActionRegistry } from './actions/action-registry.js';
import { AlertActions } from './actions/alert-actions.js';
import { AlertRules } from './actions/alert-rules.js';
import { DeploymentActions } from './actions/deployment.js';
import { EngineSizing } from './actions/engine-sizing.js';
import { LoadWatch } from './actions/load-watch.js';
import { PreviousSettings } from './actions/previous-settings.js';
import { SharedReleaseFigures } from './actions/release-figures.js';
import { ReleaseEvidence } from './actions/release-evidence.js';
import { ReleaseStages } from './actions/release-stages.js';
import { ReplicaScaling } from './actions/replica-scaling.js';
import { RollbackActions } from './actions/rollback.js';
import { ScalingActions } from './actions/scaling.js';
import { ServiceEvidence } from './actions/service-evidence.js';
import { AuditExport } from './audit/audit-export.js';
import { GuardianAuditProbe } from './audit/guardian-audit-probe.js';
import { GuardianFsck } from './audit/guardian-fsck.js';
import { GuardianTrail } from './audit/guardian-trail.js';
import { Autopilot } from './autopilot/autopilot.js';
import { Rollouts } from './autopilot/rollouts.js';
import { AutonomousController } from './http/autonomous.controller.js';
import { GuardianAuditController } from './http/guardian-audit.controller.js';
import { GuardianDashboard } from './http/guardian-dashboard.js';
import { GuardianController } from './http/guardian.controller.js';
import { MonitorController } from './http/monitor.controller.js';
import { WaitingApprovals } from './http/waiting-approvals.js';
import { MatrixBook } from './matrix/matrix-book.js';
import { Appraiser } from './process/appraiser.js';
import { Calibrations } from './process/calibrations.js';
import { ConfidenceFigure } from './process/confidence-figure.js';
import { DecisionCalls } from './process/decision-calls.js';
import { DecisionExecutor } from './process/decision-executor.js';
import { DecisionLedger } from './process/decision-ledger.js';
import { DecisionMetrics } from './process/decision-metrics.js';
import { DecisionRecovery } from './process/decision-recovery.js';
import { DecisionService } from './process/decision-service.js';
import { DecisionSweeper } from './process/decision-sweeper.js';
import { EscalationService } from './process/escalation-service.js';
import { LateActions } from './process/late-actions.js';
import { OneCommandRollback } from './process/one-command-rollback.js';
import { OverrideService } from './process/override-service.js';
import { OwnAuthority } from './process/own-authority.js';
import { PromotionGuard } from './process/promotion-guard.js';
import { SupersededQuestions } from './process/superseded-questions.js';
import { TrendSource } from './process/trend-source.js';
import { chooseReplicaAdapter } from './replicas/choose-adapter.js';
import { ReplicaAdapter } from './replicas/replica-adapter.js';
import { SafetyChecks } from './safety/safety-checks.js';
import { SharedSettings } from './shared/shared-settings.js';
import { EmergencyStop } from './stop/emergency-stop.js';
import { StopFigures } from './stop/stop-figures.js';
import { DecisionStore } from './store/decision-store.js';

/** Decisions and the people who hold the keys. Needs the global config, database, events and the ports of autonomy. */
@Module({
  imports: [LogModule, ChainModule, ExpertsModule, InferenceModule, AgentsModule, NotificationsModule],
  controllers: [AutonomousController, GuardianController, GuardianAuditController, MonitorController],
  providers: [
    // First, so that the others find what it has read.
    SharedSettings,
    GuardianTrail,
    GuardianAuditProbe,
    GuardianFsck,
    AuditExport,
    MatrixBook,
    EmergencyStop,
    StopFigures,
    SafetyChecks,
    ActionRegistry,
    SharedReleaseFigures,
    ReleaseStages,
    ReleaseEvidence,
    EngineSizing,
    LoadWatch,
    ServiceEvidence,
    DeploymentActions,
    ScalingActions,
    ReplicaScaling,
    {
      provide: ReplicaAdapter,
      inject: [AppConfig],
      useFactory: (config: AppConfig) => unwrap(chooseReplicaAdapter(config)),
    },
    RollbackActions,
    AlertRules,
    AlertActions,
    PreviousSettings,
    DecisionStore,
    Calibrations,
    Appraiser,
    DecisionLedger,
    DecisionCalls,
    LateActions,
    DecisionExecutor,
    DecisionRecovery,
    DecisionService,
    EscalationService,
    OverrideService,
    OneCommandRollback,
    SupersededQuestions,
    OwnAuthority,
    Rollouts,
    PromotionGuard,
    DecisionMetrics,
    TrendSource,
    ConfidenceFigure,
    DecisionSweeper,
    Autopilot,
    WaitingApprovals,
    GuardianDashboard,
  ],
  exports: [
    ActionRegistry,
    DecisionService,
    EmergencyStop,
    GuardianTrail,
    SafetyChecks,
    OneCommandRollback,
    WaitingApprovals,
  ],
})
export class GuardianModule {}
