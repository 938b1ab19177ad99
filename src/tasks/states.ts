import { defineStateMachine } from '../common/index.js';

/** What a task may be. `rejected` by policy or by a guardian; `cancelled` by whoever asked for it. */
export type TaskState =
  | 'pending'
  | 'executing'
  | 'waiting_approval'
  | 'approved'
  | 'completed'
  | 'failed'
  | 'rejected'
  | 'cancelled';

/** The life of a task. */
export const TASK_STATES = defineStateMachine<TaskState>('task', 'pending', {
  pending: ['executing', 'waiting_approval', 'completed', 'rejected', 'cancelled'],
  executing: ['waiting_approval', 'completed', 'failed', 'cancelled'],
  waiting_approval: ['approved', 'rejected', 'failed', 'cancelled'],
  approved: ['executing', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  rejected: [],
  cancelled: [],
});

/** What a step may be: `ready` lies in the queue, `skipped` will never run. */
export type StepState =
  'pending' | 'waiting_approval' | 'ready' | 'executing' | 'completed' | 'failed' | 'skipped';

/** The life of a step; `executing` → `ready` is another attempt. */
export const STEP_STATES = defineStateMachine<StepState>('step', 'pending', {
  pending: ['waiting_approval', 'ready', 'skipped'],
  waiting_approval: ['ready', 'skipped', 'failed'],
  ready: ['executing', 'failed', 'skipped'],
  executing: ['ready', 'completed', 'failed', 'skipped'],
  completed: [],
  failed: [],
  skipped: [],
});

/** What an approval may be. */
export type ApprovalState = 'pending' | 'approved' | 'rejected' | 'expired' | 'withdrawn';

/** The life of a request for approval. */
export const APPROVAL_STATES = defineStateMachine<ApprovalState>('request for approval', 'pending', {
  pending: ['approved', 'rejected', 'expired', 'withdrawn'],
  approved: [],
  rejected: [],
  expired: [],
  withdrawn: [],
});
