// What commands ask of the application when it runs in their own process. Loaded only then: it is nearly everything.
export { AccountAdministration } from '../auth/index.js';
export { Fsck } from '../chain/index.js';
export { GgufExport, Importer, PromotionDoor, ReleaseCatalog } from '../experts/index.js';
export { EmergencyStop, OneCommandRollback } from '../guardian/index.js';
export {
  DisputeService,
  InferenceService,
  LogitsService,
  ReceiptService,
  RoutingTraces,
} from '../inference/index.js';
export { Snapshots } from '../snapshots/index.js';
export { ApprovalService, PlanService, TaskService, TaskStore } from '../tasks/index.js';
