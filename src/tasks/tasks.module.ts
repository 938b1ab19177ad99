import { Module } from '@nestjs/common';
import { ChainModule } from '../chain/index.js';
import { EvaluationModule } from '../evaluation/index.js';
import { ExpertsModule } from '../experts/index.js';
import { GuardianModule } from '../guardian/index.js';
import { LogModule } from '../log/index.js';
import { AgentsModule } from '../monitoring/index.js';
import { NotificationsModule } from '../notifications/index.js';
import { ApprovalService } from './approval/approval-service.js';
import { ApproverCheck } from './approval/approver-check.js';
import { OpenApprovals } from './approval/open-approvals.js';
import { SnapshotsModule } from '../snapshots/index.js';
import { Anchors } from './audit/anchors.js';
import { TaskAuditProbe } from './audit/task-audit-probe.js';
import { AuditFsck } from './audit/audit-fsck.js';
import { AuditTrail } from './audit/audit-trail.js';
import { AuditController } from './http/audit.controller.js';
import { ExecutionsController } from './http/executions.controller.js';
import { PlansController } from './http/plans.controller.js';
import { PolicyController } from './http/policy.controller.js';
import { TasksController } from './http/tasks.controller.js';
import { PlanService } from './plan/plan-service.js';
import { OwnerCheck } from './policy/owner-check.js';
import { PolicyBook } from './policy/policy-book.js';
import { PolicyReplay } from './policy/policy-replay.js';
import { MovedAmounts } from './store/moved-amounts.js';
import { StepClaims } from './run/step-claims.js';
import { StepExecutor } from './run/step-executor.js';
import { StepQueue } from './run/step-queue.js';
import { StepSettlement } from './run/step-settlement.js';
import { TaskEngine } from './run/task-engine.js';
import { TaskRunner } from './run/task-runner.js';
import { OwnSteps } from './steps/own-steps.js';
import { StepRegistry } from './steps/step-registry.js';
import { TaskStore } from './store/task-store.js';
import { TaskService } from './task-service.js';

/** Tasks: plans, policies, approvals, durable steps, audit. Needs the global config, keys, database and events. */
@Module({
  imports: [
    ...[LogModule, ChainModule, AgentsModule, ExpertsModule, EvaluationModule, GuardianModule],
    ...[SnapshotsModule, NotificationsModule],
  ],
  controllers: [TasksController, PlansController, ExecutionsController, AuditController, PolicyController],
  providers: [
    StepRegistry,
    PolicyBook,
    MovedAmounts,
    PolicyReplay,
    PlanService,
    TaskStore,
    TaskService,
    ApprovalService,
    ApproverCheck,
    OwnerCheck,
    OpenApprovals,
    AuditTrail,
    AuditFsck,
    TaskAuditProbe,
    Anchors,
    StepQueue,
    TaskEngine,
    StepClaims,
    StepSettlement,
    StepExecutor,
    TaskRunner,
    OwnSteps,
  ],
  exports: [
    StepRegistry,
    TaskService,
    TaskStore,
    PlanService,
    ApprovalService,
    PolicyBook,
    AuditTrail,
    Anchors,
  ],
})
export class TasksModule {}
