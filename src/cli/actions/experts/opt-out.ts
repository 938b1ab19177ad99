import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '../../../common/index.js';
import type { CommandContext } from '../../command-context.js';
import type { ServerClient } from '../../server-client.js';
import { withServer, type ServerDoor } from '../../server-door.js';
import { removalLine, removalText, type RemovalView } from './removal-view.js';

interface OptOutOptions extends ServerDoor {
  readonly experts: string[];
  readonly reason: string;
  readonly model: string;
}

const POLL_MS = 500;
/** Removals that a list shows. */
const SHOWN = 100;
/** States in which nothing more is to be waited for but the decision. */
const TOLD = new Set(['measured', 'released', 'superseded', 'failed']);

/** Has experts left out, waits until it is measured and decided about, and prints the effect per domain; 1 when it failed. */
export async function optOut(context: CommandContext, options: OptOutOptions): Promise<number> {
  const removal = await withServer(context, options, async (server) => {
    const { model, experts, reason } = options;
    const asked = await server.json<RemovalView>('POST', '/experts/opt-out', { model, experts, reason });
    return follow(server, asked);
  });
  context.print(removal as unknown as Json, removalText(removal));
  return removal.state === 'failed' || removal.state === 'superseded' ? 1 : 0;
}

/** Prints the newest removals. */
export async function listRemovals(
  context: CommandContext,
  options: ServerDoor & { model?: string },
): Promise<void> {
  const of = options.model === undefined ? '' : `&model=${encodeURIComponent(options.model)}`;
  const { items } = await withServer(context, options, (server) =>
    server.json<{ items: RemovalView[] }>('GET', `/experts/opt-out?limit=${SHOWN}${of}`),
  );
  const text = items.length === 0 ? 'No expert was left out yet.' : items.map(removalLine).join('\n');
  context.print(items as unknown as Json, text);
}

/** Until the effect is known and somebody decides, or it has ended. The server does the work whether or not anybody waits. */
async function follow(server: ServerClient, asked: RemovalView): Promise<RemovalView> {
  let removal = asked;
  while (!TOLD.has(removal.state) || (removal.state === 'measured' && removal.decision === null)) {
    await delay(POLL_MS);
    removal = await server.json<RemovalView>('GET', `/experts/opt-out/${asked.removal_id}`);
  }
  return removal;
}
