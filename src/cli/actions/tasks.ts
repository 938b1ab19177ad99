import { CodedError, unwrap, type Json } from '../../common/index.js';
import { TASK_STATES } from '../../tasks/index.js';
import type { CommandContext } from '../command-context.js';
import type { CommandHost } from '../with-application.js';

/** A task as the command prints it. */
interface TaskLine {
  readonly task_id: string;
  readonly task_type: string;
  readonly state: string;
  readonly owner: string;
  readonly created_at: number;
}

/** Who answers when the command does. */
const ACTOR = { subject: 'command', roles: ['admin'] } as const;
const MOST = 200;

/** Prints tasks, newest first. */
export async function listTasks(
  context: CommandContext,
  options: { readonly state?: string; readonly limit: string },
): Promise<void> {
  const { state } = options;
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new CodedError('USAGE', `--limit is a whole number from 1 to ${MOST}`);
  if (state !== undefined && !TASK_STATES.states.some((known) => known === state))
    throw new CodedError('USAGE', `--state is one of ${TASK_STATES.states.join(', ')}`);
  const tasks = await context.withApplication((host) => tasksOf(host, state, limit));
  const lines = tasks.map(({ task_id, task_type, state: is, owner, created_at }) =>
    [task_id, is.padEnd(16), task_type.padEnd(20), new Date(created_at).toISOString(), owner].join('  '),
  );
  context.print({ tasks: tasks.map((task) => ({ ...task })) }, lines.join('\n') || 'no tasks');
}

/** Approves or rejects the step of a task that waits. */
export async function approveTask(
  context: CommandContext,
  task: string,
  options: { readonly reject?: boolean; readonly reason: string; readonly planHash?: string },
): Promise<void> {
  const approved = options.reject !== true;
  const { reason, planHash } = options;
  const state = await context.withApplication((host) => answer(host, task, { approved, reason, planHash }));
  context.print({ task_id: task, state } as Json, `${task} is ${state}`);
}

async function tasksOf(host: CommandHost, state: string | undefined, limit: number): Promise<TaskLine[]> {
  if (host.kind === 'server') {
    const query = `limit=${limit}${state === undefined ? '' : `&state=${state}`}`;
    const { items } = await host.server.json<{ items: TaskLine[] }>('GET', `/tasks?${query}`);
    return items.map(({ task_id, task_type, state: is, owner, created_at }) => ({
      ...{ task_id, task_type, state: is, owner, created_at },
    }));
  }
  const { TaskStore } = await import('../own-services.js');
  const rows = await host.application
    .get(TaskStore)
    .list({ limit, ...(state === undefined ? {} : { state }) });
  return rows.map(({ id, taskType, state: is, owner, createdAt }) => ({
    ...{ task_id: id, task_type: taskType, state: is, owner, created_at: createdAt },
  }));
}

async function answer(
  host: CommandHost,
  task: string,
  { approved, reason, planHash }: { approved: boolean; reason: string; planHash?: string },
): Promise<string> {
  if (host.kind === 'server') {
    const body = { approved, reason, ...(planHash === undefined ? {} : { plan_hash: planHash }) };
    const path = `/task/${encodeURIComponent(task)}/approve`;
    return (await host.server.json<{ state: string }>('POST', path, body)).state;
  }
  const { ApprovalService } = await import('../own-services.js');
  const given = { approved, reason, step: null, planHash: planHash ?? null };
  return unwrap(await host.application.get(ApprovalService).answer(task, given, ACTOR)).state;
}
