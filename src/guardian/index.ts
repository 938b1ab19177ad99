export { ActionRegistry } from './actions/action-registry.js';
export type {
  ActionParameters,
  ActionRun,
  DecisionAction,
  Proposal,
  Verification,
} from './actions/decision-action.js';
export {
  GUARDIAN_ENTRY,
  guardianRecord,
  type GuardianFacts,
  type GuardianRecord,
} from './audit/guardian-record.js';
export { GuardianTrail } from './audit/guardian-trail.js';
export { WaitingApprovals, type WaitingApproval } from './http/waiting-approvals.js';
export { GuardianModule } from './guardian.module.js';
export { DecisionService } from './process/decision-service.js';
export { OneCommandRollback } from './process/one-command-rollback.js';
export { SafetyChecks } from './safety/safety-checks.js';
export type { SafetyReport } from './safety/safety-report.js';
export { EmergencyStop } from './stop/emergency-stop.js';
export { removeStopFile, writeStopFile } from './stop/stop-file.js';
