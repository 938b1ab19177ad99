import { CodedError, hashJson, unwrap, type Json } from '../../common/index.js';
import { parseBly } from '../../rewards/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import type { CommandHost } from '../with-application.js';

/** What `stemma rewards compensate` is told. */
interface CompensateOptions {
  readonly reason: string;
  /** BLY; all that can still be given back where it is left out. */
  readonly amount?: string;
}

/** The task as the command prints it. */
interface AskedTask {
  readonly task_id: string;
  readonly state: string;
}

/** Who asks when the command does. */
const ACTOR = { subject: 'command', roles: ['admin'] } as const;
const TASK_TYPE = 'compensate_transfer';

/** Asks for a correction of a transfer: a task, which a guardian has to approve before anything moves. */
export async function compensate(
  context: CommandContext,
  transfer: string,
  { reason, amount }: CompensateOptions,
): Promise<number> {
  if (!/^[0-9a-f]{32}$/.test(transfer))
    throw new CodedError('USAGE', 'a transfer is named by 32 lower-case hex digits, as statements show them');
  const units = amount === undefined ? null : parseBly(amount);
  if (amount !== undefined && (units === null || units <= 0n))
    throw new CodedError('USAGE', '--amount is BLY above zero, with at most nine decimals');
  const task = await context.withApplication(async (host) => {
    const asked = units ?? (await correctableOf(host, transfer));
    return startTask(host, { transfer, amount: String(asked), reason });
  });
  const { task_id: id, state } = task;
  const ended = state === 'rejected' || state === 'failed';
  const text = ended
    ? `${id} is ${state}; to ask again, give another reason`
    : `${id} is ${state}; a guardian approves it on the dashboard: /task-list/${id}`;
  context.print({ task_id: id, state } as Json, text);
  return ended ? EXIT.false : EXIT.done;
}

async function correctableOf(host: CommandHost, transfer: string): Promise<bigint> {
  const left = await leftOf(host, transfer);
  if (left > 0n) return left;
  const detail = `nothing of ${transfer} can be given back: it paid nobody, or was corrected already`;
  throw new CodedError('COMPENSATION_TOO_MUCH', detail, { transfer }, 409);
}

async function leftOf(host: CommandHost, transfer: string): Promise<bigint> {
  if (host.kind === 'server') {
    const { correctable: left } = await host.server.json<{ correctable: string }>(
      'GET',
      `/rewards/transfers/${transfer}`,
    );
    return BigInt(left);
  }
  const { correctable, LedgerReader, unknownTransfer } = await import('../../rewards/index.js');
  const line = await host.application.get(LedgerReader, { strict: false }).transfer(transfer);
  if (line === null) throw unknownTransfer(transfer);
  return correctable(line);
}

async function startTask(
  host: CommandHost,
  parameters: Readonly<Record<'transfer' | 'amount' | 'reason', string>>,
): Promise<AskedTask> {
  // Asked for twice, such as by a script that was cut off, it is the same task.
  const key = `compensate:${hashJson({ ...parameters })}`;
  if (host.kind === 'server') {
    const body = { step_type: TASK_TYPE, parameters, key };
    const { task_id: id } = await host.server.json<{ task_id: string }>('POST', '/execute', body);
    return host.server.json<AskedTask>('GET', `/task/${id}`);
  }
  const { PlanService, TaskService } = await import('../own-services.js');
  const { application } = host;
  const plan = unwrap(await application.get(PlanService).create(TASK_TYPE, parameters, ACTOR));
  const request = { description: parameters.reason, key };
  const { id, state } = unwrap(await application.get(TaskService).start(plan, request, ACTOR));
  return { task_id: id, state };
}
