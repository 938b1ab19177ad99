import { unwrap } from '../../common/index.js';
import type { CommandContext } from '../command-context.js';
import type { CommandHost } from '../with-application.js';

interface LogitsOptions {
  readonly ids: number[];
  readonly last?: number;
}

/** Logits as the command prints them; rows are arrays of numbers. */
interface PrintedLogits {
  readonly model: string;
  readonly version: string;
  readonly release: string;
  readonly positions: readonly number[];
  readonly logits: readonly (readonly number[])[];
}

/** Prints the logits after the given tokens. */
export async function printLogits(
  context: CommandContext,
  model: string,
  { ids, last }: LogitsOptions,
): Promise<void> {
  const answer = await context.withApplication((host) => compute(host, model, ids, last));
  context.print({ ...answer }, JSON.stringify(answer));
}

async function compute(
  host: CommandHost,
  model: string,
  ids: number[],
  last?: number,
): Promise<PrintedLogits> {
  if (host.kind === 'server') return host.server.json<PrintedLogits>('POST', '/logits', { model, ids, last });
  const { LogitsService } = await import('../own-services.js');
  const computed = await host.application.get(LogitsService).compute(model, ids, last, AbortSignal.any([]));
  const answer = unwrap(computed);
  return { ...answer, logits: answer.logits.map((row) => [...row]) };
}
