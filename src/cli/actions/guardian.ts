import type { INestApplicationContext } from '@nestjs/common';
import { unwrap } from '../../common/index.js';
import { removeStopFile, writeStopFile } from '../../guardian/index.js';
import type { CommandContext } from '../command-context.js';

/** Who acts when the command does. */
const ACTOR = 'command';

/** Stops all automatic action: first by the signal file, which a server that hangs or has no database heeds, too. */
export async function stopAutonomy(
  context: CommandContext,
  { reason, inference = false }: { readonly reason: string; readonly inference?: boolean },
): Promise<void> {
  const { dataDir } = await context.config();
  await writeStopFile(dataDir, reason);
  await context.withApplication(async (host) => {
    if (host.kind === 'server')
      await host.server.json('POST', '/api/guardian/emergency-stop', { reason, inference });
    else await (await emergencyStop(host.application)).stop(ACTOR, reason, inference);
  });
  const what = inference ? 'automatic action and inference are stopped' : 'automatic action is stopped';
  context.print({ stopped: true, inference }, what);
}

/** Lets automatic action and answers go on. */
export async function resume(
  context: CommandContext,
  { reason }: { readonly reason: string },
): Promise<void> {
  const { dataDir } = await context.config();
  await context.withApplication(async (host) => {
    if (host.kind === 'server') await host.server.json('POST', '/api/guardian/resume', { reason });
    else await (await emergencyStop(host.application)).resume(ACTOR, reason);
  });
  await removeStopFile(dataDir);
  context.print({ stopped: false, inference: false }, 'automatic action goes on');
}

/** Goes back to the release and the settings of before. */
export async function rollback(
  context: CommandContext,
  model: string | undefined,
  { reason }: { readonly reason: string },
): Promise<void> {
  const done = await context.withApplication(async (host) => {
    if (host.kind === 'server') {
      const body = { reason, ...(model === undefined ? {} : { model }) };
      const answer = await host.server.json<{ decisions: { what: string; state: string }[] }>(
        ...(['POST', '/api/guardian/rollback', body] as const),
      );
      return answer.decisions.map(({ what, state }) => ({ what, state }));
    }
    const { OneCommandRollback } = await import('../own-services.js');
    const rows = unwrap(await host.application.get(OneCommandRollback).run(model ?? null, ACTOR, reason));
    return rows.map(({ proposal, state }) => ({ what: proposal.what, state: String(state) }));
  });
  context.print({ decisions: done }, done.map(({ what, state }) => `${state}: ${what}`).join('\n'));
}

async function emergencyStop(application: INestApplicationContext) {
  const { EmergencyStop } = await import('../own-services.js');
  return application.get(EmergencyStop);
}
