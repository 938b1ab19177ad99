import { State, type Meaning } from '../../components/state.js';

const meanings: Readonly<Record<string, Meaning>> = {
  completed: 'proved',
  approved: 'waiting',
  waiting_approval: 'waiting',
  executing: 'waiting',
  ready: 'waiting',
  failed: 'failed',
  rejected: 'failed',
};

/** The states a list can be filtered by, with what people call them. */
export const TASK_STATES: Readonly<Record<string, string>> = {
  waiting_approval: 'waits for approval',
  pending: 'pending',
  executing: 'being done',
  approved: 'approved',
  completed: 'completed',
  failed: 'failed',
  rejected: 'rejected',
  cancelled: 'cancelled',
};

/** The state of a task or of a step. */
export function TaskState({ state }: { state: string }) {
  return <State is={meanings[state] ?? 'neutral'}>{TASK_STATES[state] ?? state}</State>;
}
